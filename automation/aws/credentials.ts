import { SwitchyardError } from "../../programs/errors.ts";

/** As AWS's protocols and the SDK's own providers name them (AWS General Reference, "Common error types"). */
const reasons: readonly (readonly [names: RegExp, what: string])[] = [
  [/^(ExpiredToken(Exception)?|RequestExpired)$/, "the AWS credentials have expired"],
  [
    /^(UnrecognizedClient(Exception)?|InvalidClientTokenId|InvalidAccessKeyId|AuthFailure)$/,
    "AWS does not know the credentials",
  ],
  [/^(CredentialsProviderError|TokenProviderError)$/, "there are no AWS credentials"],
];

/** A call that failed for its credentials, as an error of the catalogue; any other failure as it is. */
export function credentialsProblem(error: unknown, call: string): unknown {
  const { name = "", message } = error as Error;
  const what = reasons.find(([names]) => names.test(name))?.[1];
  if (what === undefined) return error;
  return new SwitchyardError("credentials", {
    what: `${what} (${name}: ${message})`,
    where: call,
    fix: "get new ones and run the command again",
    cause: error,
  });
}
