import { SwitchyardError } from "../../programs/errors.ts";

/** What a person can do about an answer of AWS, by its name as the API references have it. The first that fits counts. */
const kinds: readonly {
  readonly names: RegExp;
  readonly says?: RegExp;
  readonly what: string;
  readonly fix: string;
}[] = [
  {
    names: /AccessDenied|Unauthorized|NotAuthorized|AuthorizationError|^Forbidden|OperationNotPermitted/,
    what: "AWS does not let these credentials do it",
    fix: "let the role do it (docs/roles.md says what each role may do), or use another profile",
  },
  {
    names: /OptInRequired|SubscriptionRequired|RegionDisabled|UnknownEndpoint/,
    what: "the service or the region is not enabled for the account",
    fix: "enable it in the account, or choose another region",
  },
  {
    names: /Signature|RequestTimeTooSkewed|IncompleteSignature/,
    what: "AWS does not take the request's signature",
    fix: "set this machine's clock, and check the secret access key",
  },
  {
    names: /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|PriorRequestNotComplete/,
    what: "AWS throttles, after every retry",
    fix: "wait a few minutes and run the command again",
  },
  {
    names: /^KMS|Disabled(Exception)?$|InvalidStateException$|DecryptionFailure|EncryptionFailure/,
    what: "a key that is needed cannot be used",
    fix: "enable the key, or cancel its deletion, and let the role use it",
  },
  {
    names: /LimitExceeded|QuotaExceeded|^TooMany|InsufficientCapacity|InsufficientFreeAddresses/,
    what: "a limit of the account is reached",
    fix: "ask for more in Service Quotas, or delete what is not used, and run the command again",
  },
  {
    names: /NotFound|NoSuch|NotActive|DoesNotExist|ClientException|InvalidParameter/,
    says: /not (ACTIVE|found|exist)|does not exist|no longer exists|INACTIVE|DRAINING|couldn't be found/i,
    what: "what the environment stands on is gone",
    fix: "`switchyard up <stack> --refresh` makes it again as the program says; after a `destroy` a deploy begins anew",
  },
  {
    names: /NotFound|NoSuch|NotActive|DoesNotExist/,
    what: "what the environment stands on is gone",
    fix: "`switchyard up <stack> --refresh` makes it again as the program says; after a `destroy` a deploy begins anew",
  },
  {
    names: /InUse|Conflict|AlreadyExists|Concurrent|Duplicate|OperationAborted/,
    what: "something else is changing or using it",
    fix: "wait until that is over and run the command again",
  },
  {
    names: /^(Internal|ServiceUnavailable|ServiceException|ServerException|ServiceFailure|Unavailable)/,
    what: "AWS itself failed, after every retry",
    fix: "run the command again; https://health.aws.amazon.com says what AWS knows of it",
  },
];

/** Codes of Node's sockets and name service, and the SDK's names, for an endpoint that cannot be reached. */
const unreachable =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|TimeoutError|NetworkingError|(CERT|ERR_TLS|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)_?.*)$/;

const calls = new WeakMap<object, string>();

/** Notes which call an error came from. */
export function ofCall(error: unknown, call: string): unknown {
  if (typeof error === "object" && error !== null) calls.set(error, call);
  return error;
}

/** What AWS refused, or why it was not reached, as an error of the catalogue; undefined for what is not AWS's. */
export function awsRefusal(error: unknown): SwitchyardError | undefined {
  if (!(error instanceof Error) || error instanceof SwitchyardError) return undefined;
  const { name, message, code, $metadata } = error as Error & { code?: unknown; $metadata?: object };
  const call = calls.get(error);
  const where = call ?? "AWS";
  const reason = [name, code].find((each): each is string => typeof each === "string" && unreachable.test(each));
  if (reason !== undefined && (call !== undefined || $metadata !== undefined))
    return new SwitchyardError("unreachable", {
      what: `AWS was not reached (${reason}: ${oneLine(message)})`,
      where,
      fix: "check the network, the proxy and the region, and run the command again",
      cause: error,
    });
  if ($metadata === undefined) return undefined;
  const kind = kinds.find(({ names, says }) => names.test(name) && (says === undefined || says.test(message)));
  return new SwitchyardError("aws-refused", {
    what: `${kind?.what ?? "AWS refused it"} (${name}: ${oneLine(message)})`,
    where,
    fix: kind?.fix ?? "correct what AWS names and run the command again",
    cause: error,
  });
}

const oneLine = (text: string) => text.trim().replace(/\s+/g, " ").replace(/\.$/, "").slice(0, 400);
