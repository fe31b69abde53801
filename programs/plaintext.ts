const secretName =
  /(^|_)(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SIGNING_?KEY|ENCRYPTION_?KEY)(_|$)/i;

/**
 * Why a plain environment variable looks like a secret; undefined when it does not. The reason never holds the value.
 */
export function looksSecret(name: string, value: string): string | undefined {
  if (secretName.test(name)) return "is named like a secret";
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value)) return "holds a private key";
  if (/\b(AKIA|ASIA)[0-9A-Z]{16}\b/.test(value)) return "holds an AWS access key";
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i.test(value)) return "holds a URL with a password";
  if (isRandom(value)) return "holds a value as random as a key";
  return undefined;
}

/** Long, unbroken, of a key's alphabet, and with more entropy a character than words, paths or versions have. */
function isRandom(value: string): boolean {
  if (value.length < 20 || !/^[A-Za-z0-9+/=_-]+$/.test(value)) return false;
  const hex = /^[0-9a-f]+$/i.test(value);
  if (hex) return value.length >= 32 && entropyPerCharacter(value) > 3;
  const mixed = /[a-z]/.test(value) && /[A-Z]/.test(value) && /[0-9]/.test(value);
  return mixed && entropyPerCharacter(value) > 3.7;
}

/** Shannon entropy in bits a character. */
export function entropyPerCharacter(value: string): number {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits;
}
