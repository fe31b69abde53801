import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** An account that refuses every call and remembers it: what comes here would have been asked of AWS. */
export interface ClosedAccount {
  /** Names of the operations asked for so far, in order; a path where a request names none. */
  readonly calls: readonly string[];
  forget(): void;
}

/** Call in a `describe`: the stand-in provider of this process asks this account. */
export function useClosedAccount(): ClosedAccount {
  const calls: string[] = [];
  const former: Record<string, string | undefined> = {};
  let account: Server;
  before(async () => {
    account = createServer((request, response) => {
      request
        .setEncoding("utf8")
        .on("data", (body: string) => calls.push(/Action=(\w+)/.exec(body)?.[1] ?? request.url ?? ""));
      response.writeHead(400).end();
    });
    await new Promise<void>((resolve) => account.listen(0, "127.0.0.1", resolve));
    const wanted = {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(account.address() as AddressInfo).port}`,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "sandbox",
      AWS_SECRET_ACCESS_KEY: "sandbox",
    };
    for (const [key, value] of Object.entries(wanted)) {
      former[key] = process.env[key];
      process.env[key] = value;
    }
  });
  after(() => {
    for (const [key, value] of Object.entries(former)) {
      if (value === undefined) delete process.env[key];
      else process.env[key] = value;
    }
    account.close();
  });
  return {
    calls,
    forget: () => {
      calls.length = 0;
    },
  };
}
