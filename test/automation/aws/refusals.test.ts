import assert from "node:assert/strict";
import { DescribeServicesCommand } from "@aws-sdk/client-ecs";
import { SdkAws } from "../../../automation/aws/clients.ts";
import { awsRefusal, ofCall } from "../../../automation/aws/refusals.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { useAwsServer } from "../../support/aws-server.ts";

const answer = (name: string, message = "said so", more: object = {}) =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 }, ...more });

describe("what AWS refuses", () => {
  const table: [name: string, message: string, what: RegExp, fix: RegExp][] = [
    ["AccessDeniedException", "User x is not authorized to perform: ecs:UpdateService", /does not let/, /let the role/],
    ["UnauthorizedOperation", "You are not authorized", /does not let/, /let the role/],
    ["AccessDenied", "Access Denied", /does not let/, /let the role/],
    ["AuthorizationErrorException", "x", /does not let/, /let the role/],
    ["ServiceNotActiveException", "Service was not ACTIVE.", /is gone/, /up <stack> --refresh/],
    ["ClientException", "Service was not ACTIVE.", /is gone/, /--refresh/],
    ["InvalidParameterException", "The target group does not exist", /is gone/, /--refresh/],
    ["RuleNotFoundException", "One or more rules not found", /is gone/, /--refresh/],
    ["RuleNotFound", "One or more rules not found", /is gone/, /--refresh/],
    ["ClusterNotFoundException", "Cluster not found.", /is gone/, /--refresh/],
    ["TargetGroupNotFoundException", "x", /is gone/, /--refresh/],
    ["ResourceNotFoundException", "Function not found: arn", /is gone/, /--refresh/],
    ["ObjectNotFoundException", "No scalable target registered", /is gone/, /--refresh/],
    ["NoSuchBucket", "x", /is gone/, /--refresh/],
    ["ThrottlingException", "Rate exceeded", /throttles/, /wait a few minutes/],
    ["RequestLimitExceeded", "x", /throttles/, /wait/],
    ["TooManyRequestsException", "x", /throttles/, /wait/],
    ["LimitExceededException", "x", /limit of the account/, /Service Quotas/],
    ["ServiceQuotaExceededException", "x", /limit of the account/, /Service Quotas/],
    ["TooManyTargets", "x", /limit of the account/, /Service Quotas/],
    ["KMSDisabledException", "x", /key .* cannot be used/, /enable the key/],
    ["DisabledException", "x is disabled", /key/, /enable the key/],
    ["DecryptionFailure", "x", /key/, /enable the key/],
    ["ResourceInUseException", "x", /changing or using it/, /wait until/],
    ["ConcurrentUpdateException", "x", /changing or using it/, /wait until/],
    ["SignatureDoesNotMatch", "x", /signature/, /clock/],
    ["RequestTimeTooSkewed", "x", /signature/, /clock/],
    ["OptInRequired", "x", /not enabled/, /enable it/],
    ["InternalServerError", "x", /AWS itself failed/, /health\.aws/],
    ["ServerException", "x", /AWS itself failed/, /health\.aws/],
    ["ValidationException", "1 validation error", /^AWS refused it/, /correct what AWS names/],
    ["InvalidParameterException", "Unsupported value", /^AWS refused it/, /correct/],
  ];
  for (const [name, message, what, fix] of table)
    it(`with ${name} ("${message}") is said with what to do`, () => {
      const cause = answer(name, message);
      const error = awsRefusal(ofCall(cause, "ecs.UpdateService"));
      assert.ok(error);
      assert.deepEqual([error.code, error.where, error.cause], ["aws-refused", "ecs.UpdateService", cause]);
      assert.match(error.what, what);
      assert.ok(error.what.includes(`(${name}: ${message.replace(/\.$/, "")})`), error.what);
      assert.match(error.fix, fix);
      assert.doesNotMatch(error.message, /\n|\.\./);
    });

  it("is none of our own faults, nor what is explained already", () => {
    const own = new SwitchyardError("drift", { what: "a", where: "b", fix: "c" });
    for (const error of [
      own,
      new TypeError("x is undefined"),
      "text",
      undefined,
      Object.assign(new Error("x"), { code: "ENOTFOUND" }),
    ])
      assert.equal(awsRefusal(error), undefined);
  });

  it("is told apart from an endpoint that cannot be reached", () => {
    for (const code of ["ENOTFOUND", "ECONNREFUSED", "EAI_AGAIN", "CERT_HAS_EXPIRED", "SELF_SIGNED_CERT_IN_CHAIN"]) {
      const error = awsRefusal(answer("Error", `${code} ecs`, { code }));
      assert.ok(error);
      assert.equal(error.code, "unreachable");
      assert.match(error.what, new RegExp(`\\(${code}: `));
    }
    assert.equal(awsRefusal(answer("TimeoutError"))?.code, "unreachable");
  });

  describe("as the clients hear it", () => {
    useAwsServer((_, response) => {
      response.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify({ __type: "ServiceNotActiveException", message: "Service was not ACTIVE." }));
    });

    it("names the call it was", async () => {
      const aws = new SdkAws({ region: "us-east-1", deadlineMs: 500, budget: 100, reserve: 0 });
      const ecs = await aws.client("ecs");
      const error = await ecs.send(new DescribeServicesCommand({ services: ["x"] })).catch(awsRefusal);
      aws.close();
      assert.ok(error instanceof SwitchyardError);
      assert.deepEqual([error.code, error.where], ["aws-refused", "ecs.DescribeServices"]);
    });
  });
});
