/** Words that a secret is called by, alone or at the end of words run together. */
const secret =
  /^(\w*(password|passwd|passphrase|apikey|accesskey|privatekey|secretkey|masterkey|signingkey|encryptionkey|sharedkey|licensekey|authtoken)s?|\w*secrets?|tokens?|credentials?|creds?|pwd|pw|passes|passwords?|pass|jwt|htpasswd|mnemonic)$/;

/** Words that make a key of the word after or before them. */
const keyOf =
  /^(api|access|private|signing|encryption|secret|master|service|account|license|webhook|hmac|jwt|auth|otp|totp|wallet|session|cookie|storage|shared|stripe|sendgrid|twilio|github|gitlab|slack|openai|anthropic|datadog|dd|newrelic|sentry|mailgun|mailchimp|postmark|algolia|paypal|braintree|pagerduty|segment|mapbox|azure|deepl|adyen|shopify)$/;
const key = /^(keys?|signing|salt|pepper|seed)$/;

/** What `AUTH` is the password of. */
const authOf = /^(redis|valkey|memcached|mqtt|smtp|basic|docker|npm|registry|proxy)$/;

/** Words after which a name is about a secret and no longer one: its length, its place, its name. */
const about = new Set(
  `ttl length len size min max minimum maximum url uri urls endpoint endpoints host hostname port path paths file files dir
  directory name names arn arns id ids header headers public publishable prefix suffix type kind version rotation rotate
  expiry expires expire expiration exp timeout enabled disabled required policy regex pattern format algorithm alg
  algorithms issuer audience provider region count limit retries interval days hours minutes seconds sec secs ms age mode
  strategy scope scopes field param parameter column table label description reset change store manager cache bucket
  check checks validation verify verification grace lifetime duration hint strength complexity history attempts location
  source class backend engine driver auth method grant leeway skew threshold refresh window used usage budget budgets
  env variable tokenizer cost counts template title message page link email permissions permission rounds iterations digits
  charset alphabet claim claims audit reminder notice form input placeholder vault`.split(/\s+/),
);

/** Words before which a name says whether, or for everyone to see. */
const whether =
  /^(public|use|uses|used|disable|disabled|enable|enabled|is|has|allow|allowed|require|requires|required|min|max|num|number|no|skip|with|without|show|hide|log|mask|validate|check|forgot|reset|change)$/;

/** What a name's value is when it looks random and is none the less no secret. */
const identifying =
  /^(id|ids|uuid|guid|hash|hashes|digest|sha|sha1|sha256|md5|checksum|etag|commit|revision|rev|git|build|version|release|fingerprint|thumbprint|image|bucket|table|queue|topic|stream|name|arn|url|uri|host|hostname|endpoint|handler|path|file|function|lambda|group|stack|region|zone|cluster|role|user|username|pool|domain|distribution|tag|label|integrity|nonce|public|certificate|cert|ca)$/;

/** A variable's name in lower-case words, however it is written: `dbPassword`, `DB_PASSWORD`, `db.password`, `DB-PASSWORD`. */
export function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}

/** Whether a name is a secret's own. */
export function namesSecret(name: string): boolean {
  const words = wordsOf(name);
  // The working directory of a shell.
  if (/^(old)?pwd$/i.test(name)) return false;
  // A key's id is half of the key, and goes with the other half.
  if (/(^|_)aws_access_key_id$/i.test(name)) return true;
  const at = words.findLastIndex(
    (word, index) =>
      secret.test(word) ||
      (key.test(word) && index > 0 && keyOf.test(words[index - 1] as string)) ||
      (word === "auth" && index === words.length - 1 && index > 0 && authOf.test(words[index - 1] as string)),
  );
  if (at < 0) return false;
  if (words.slice(at + 1).some((word) => about.has(word))) return false;
  return !words.slice(0, at).some((word) => whether.test(word));
}

/** Whether what a name stands for may look random. */
export function namesIdentifier(name: string): boolean {
  const words = wordsOf(name);
  // A site's key stands in its pages.
  const shown = words.some((word) => word === "public") || /(^|_)site_?key$/.test(words.join("_"));
  return shown || identifying.test(words.at(-1) ?? "");
}
