import { isIP } from "node:net";
import type { Agent, buildConnector, RequestInit as Init } from "undici";

/**
 * Asks as somebody does who finds names in the cloud's Route 53 and trusts its certificates, which it signs itself. A name
 * that is not there is asked for as everywhere, and so is what needs no certificate.
 */
export function fetchInCloud(endpoint: string): typeof fetch {
  let agent: Promise<Agent> | undefined;
  return async (input, init) => {
    if (!String(input).startsWith("https:")) return fetch(input, init);
    agent ??= agentIn(endpoint);
    const undici = await import("undici");
    // The same standard's, by the package that also has the agent.
    return undici.fetch(String(input), { ...(init as Init), dispatcher: await agent }) as unknown as Promise<Response>;
  };
}

async function agentIn(endpoint: string): Promise<Agent> {
  const undici = await import("undici");
  const [trusting, usual] = [undici.buildConnector({ rejectUnauthorized: false }), undici.buildConnector({})];
  const connect: buildConnector.connector = (options, callback) => {
    boundPort(endpoint, options).then(
      (port) => {
        if (port === undefined) usual(options, callback);
        else trusting({ ...options, hostname: "127.0.0.1", port }, callback);
      },
      (error: Error) => callback(error, null),
    );
  };
  return new undici.Agent({ connect });
}

/** The port that stands for an address of the cloud's; undefined for one of elsewhere. */
async function boundPort(endpoint: string, { hostname, port }: buildConnector.Options): Promise<string | undefined> {
  if (isIP(hostname) > 0) return port;
  const query = new URLSearchParams({ host: hostname, protocol: "HTTPS", port: port || "443" });
  const answer = await fetch(`${endpoint}/_switchyard/names?${query}`, { signal: AbortSignal.timeout(10_000) });
  return ((await answer.json()) as { readonly boundTo?: string }).boundTo;
}
