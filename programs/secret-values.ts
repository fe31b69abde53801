import { createRequire } from "node:module";

/** What a value gives away by itself, whatever it is called; undefined when nothing. Never the value. */
export function secretIn(value: string): string | undefined {
  if (value.length < 6) return undefined;
  for (const [pattern, what] of patterns) if (pattern.test(value)) return what;
  if (urlPassword(value)) return "holds a URL with a password";
  if (connectionPassword(value)) return "holds a connection string with a password";
  return knownToken(value);
}

const patterns: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----/, "holds a private key"],
  [/\b(AKIA|ASIA)[0-9A-Z]{16}\b/, "holds an AWS access key"],
  [/\bAIza[0-9A-Za-z_-]{35,}/, "holds a key of Google's APIs"],
  [/\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}/, "holds a signed token (JWT)"],
  [/^\s*(authorization:\s*)?basic\s+[A-Za-z0-9+/]{8,}={0,2}\s*$/i, "holds a password for HTTP (Basic)"],
  [/^\s*(authorization:\s*)?bearer\s+(?!\$)[A-Za-z0-9._~+/-]{8,}=*\s*$/i, "holds a token for HTTP (Bearer)"],
  [/https:\/\/hooks\.slack\.com\/(services|workflows|triggers)\/\w+/, "holds the secret address of a webhook"],
  [
    /https:\/\/(discord(app)?\.com\/api\/webhooks|[\w-]+\.webhook\.office\.com)\/\S+/,
    "holds the secret address of a webhook",
  ],
  [/\bSG\.[\w-]{16,32}\.[\w-]{16,64}\b/, "holds a key of SendGrid"],
  [/^[^\s:]+:(\d{2,5}|\*):[^\s:]+:[^\s:]+:[^\s:]{6,}$/m, "holds a line of PostgreSQL's password file"],
  [/:_(authToken|auth|password)\s*=\s*(?!\$)\S+/, "holds a registry's token"],
];

/** A value filled in later, or blanked out. */
const placeholder = /^(\$\{?[\w.:-]+\}?|\$\(.*\)|\{\{.*\}\}|<[^>]*>|%\w+%|\*+|x{3,}|\.{3})$/i;

export function isPlaceholder(value: string): boolean {
  return value === "" || placeholder.test(value.trim().replace(/^(["'])(.*)\1$/, "$2"));
}

/** `scheme://user:password@host`, and an address whose user is a key: `https://<32 hex digits>@host`. */
function urlPassword(value: string): boolean {
  for (const [, user = "", , password] of value.matchAll(/\b[a-z][a-z0-9+.-]*:\/\/([^/\s:@]*)(:([^/\s@]*))?@/gi)) {
    if (password !== undefined && !isPlaceholder(password)) return true;
    if (password === undefined && /^[0-9a-f]{32,}$/i.test(user)) return true;
  }
  // Go's and PHP's forms: user:password@tcp(host:port).
  const dsn = /^[^\s:@/]+:([^\s@]+)@(tcp|udp|unix)\(/.exec(value);
  return dsn !== null && !isPlaceholder(dsn[1] as string);
}

/** `Server=db;Password=…`, `jdbc:…?password=…`, `host=db password=…`. */
function connectionPassword(value: string): boolean {
  const found =
    /(?:^|[;?&\s])(?:password|passwd|pwd|accountkey|sharedaccesskey|secret|sslpassword)\s*=\s*("[^"]*"|'[^']*'|[^;&\s]+)/i.exec(
      value,
    );
  return found !== null && !isPlaceholder(found[1] as string) && /[=].*[;?&\s]|^jdbc:|[;?&].*=/i.test(value);
}

interface Preset {
  readonly rules: readonly {
    readonly meta: { readonly id: string };
    create(context: object, options: object): { file?(source: object): unknown };
  }[];
}

interface Detector {
  readonly kind: string;
  finds(value: string): boolean;
}

let detectors: readonly Detector[] | undefined;

/** A token of a known service, by Secretlint's patterns. They are loaded when first asked: what can be none need not. */
function knownToken(value: string): string | undefined {
  // Every one of them has a run of letters and digits this long, drawn at random: words and paths have no digit there.
  const runs = value.match(/[A-Za-z0-9_+/=-]{16,}/g) ?? [];
  if (!runs.some((run) => /[A-Z0-9]/.test(run))) return undefined;
  detectors ??= loadDetectors();
  const found = detectors.find((one) => one.finds(value));
  return found === undefined ? undefined : `holds a token of a known kind (${found.kind})`;
}

function loadDetectors(): readonly Detector[] {
  const preset = createRequire(import.meta.url)("@secretlint/secretlint-rule-preset-recommend") as Preset;
  return preset.rules.flatMap(({ meta, create }) => {
    const kind = meta.id.replace(/^.*secretlint-rule-/, "");
    let reported = false;
    const context = {
      report: () => {
        reported = true;
      },
      ignore: () => undefined,
      createTranslator: () => () => ({ message: "", messageId: "" }),
      sharedOptions: {},
    };
    const { file } = create(context, {});
    if (file === undefined || kind === "filter-comments") return [];
    const finds = (content: string) => {
      reported = false;
      file({ content, filePath: "value", ext: "", contentType: "text", hasBOM: false });
      return reported;
    };
    return [{ kind, finds }];
  });
}

/** Long, unbroken, of a key's alphabet, and with more entropy a character than words, paths or versions have. */
export function isRandom(value: string): boolean {
  if (value.length < 20 || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(value)) return false;
  if (/^[0-9a-f]+$/i.test(value)) return value.length >= 32 && entropyPerCharacter(value) > 3;
  const mixed = /[a-z]/.test(value) && /[A-Z]/.test(value) && /[0-9]/.test(value);
  return mixed && entropyPerCharacter(value) > 3.7 && shareOfWords(value) < 0.45;
}

/** How much of a value is words as people write them: letters of one case with a vowel among them. */
function shareOfWords(value: string): number {
  const words = value.match(/[A-Z]?[a-z]{2,}/g) ?? [];
  const readable = words.filter((word) =>
    word.length > 3 ? /[aeiouy]/i.test(word) : /^[A-Z]?[a-z]*[aeiouy]/i.test(word),
  );
  return readable.reduce((sum, word) => sum + word.length, 0) / value.length;
}

/** Shannon entropy in bits a character. */
export function entropyPerCharacter(value: string): number {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits;
}
