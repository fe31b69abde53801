/** Slack, by its own client. What is said there is for people: that it could not be said changes nothing else. */

/** An address of Slack's incoming webhooks; it is a secret, as whoever has it may write. */
const variable = "SLACK_WEBHOOK_URL";

/** In milliseconds. */
const patience = { timeout: 10_000, pause: 1_000 };
const retries = 2;

/**
 * Says it in the channel that `SLACK_WEBHOOK_URL` is of; nothing is said where that is not set.
 *
 * @param pace Scales the pause between tries.
 * @param tell Is told where it could not be said, never with the address.
 */
export async function tellSlack(
  text: string,
  pace: number,
  tell: (line: string) => void,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<void> {
  const url = env[variable] ?? "";
  if (url === "") return;
  if (!isAddress(url)) return tell(`not said on Slack: ${variable} is not an https address`);
  const { IncomingWebhook } = await import("@slack/webhook");
  const retryConfig = { retries, minTimeout: patience.pause * pace, factor: 2 };
  const webhook = new IncomingWebhook(url, { timeout: patience.timeout, retryConfig });
  // Its names are links and mentions only where they are written as such: what is said here escapes them.
  await webhook
    .send({ text, unfurl_links: false })
    .catch((error: unknown) => tell(`not said on Slack: ${reason(error)}`));
}

function isAddress(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" || (protocol === "http:" && hostname === "127.0.0.1");
}

function reason(error: unknown): string {
  const { statusCode, original } = error as { readonly statusCode?: number; readonly original?: Error };
  if (statusCode !== undefined) return `it answered ${statusCode}`;
  const { code } = (original?.cause ?? {}) as { readonly code?: string };
  return `it could not be reached (${code ?? original?.name ?? "unknown"})`;
}
