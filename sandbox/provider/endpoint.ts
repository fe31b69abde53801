import { ProviderError } from "./errors.ts";

/** The one endpoint every AWS call goes to. Anything but this machine is refused: the stand-in must never reach AWS. */
export function loopbackEndpoint(env: NodeJS.ProcessEnv = process.env): string {
  const endpoint = env["AWS_ENDPOINT_URL"];
  if (endpoint === undefined || endpoint === "") {
    throw new ProviderError("not-loopback", {
      where: "AWS_ENDPOINT_URL",
      what: "not set, and the sandbox's stand-in provider never calls AWS itself",
      fix: "Start the sandbox and set it to the sandbox's endpoint",
    });
  }
  const host = URL.canParse(endpoint) ? new URL(endpoint).hostname : "";
  if (!/^(127(\.\d+){3}|localhost|\[::1\])$/.test(host)) {
    throw new ProviderError("not-loopback", {
      where: "AWS_ENDPOINT_URL",
      what: `"${endpoint}" is not on this machine, and the sandbox's stand-in provider only talks to a sandbox`,
      fix: "Set it to the sandbox's endpoint, or use the real provider plugins",
    });
  }
  return endpoint;
}
