import assert from "node:assert/strict";
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { DescribeRulesCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { SdkAws } from "../../../automation/aws/clients.ts";
import { credentialsProblem } from "../../../automation/aws/credentials.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { useAwsServer } from "../../support/aws-server.ts";

describe("credentials", () => {
  const named = (name: string) => Object.assign(new Error("said so"), { name });

  const table: [name: string, what: RegExp | undefined][] = [
    ["ExpiredToken", /have expired/],
    ["ExpiredTokenException", /have expired/],
    ["RequestExpired", /have expired/],
    ["UnrecognizedClientException", /does not know/],
    ["InvalidClientTokenId", /does not know/],
    ["AuthFailure", /does not know/],
    ["CredentialsProviderError", /there are no AWS credentials/],
    ["AccessDeniedException", undefined],
    ["ThrottlingException", undefined],
    ["ExpiredIteratorException", undefined],
  ];
  for (const [name, what] of table)
    it(`${what ? "are" : "are not"} what fails with ${name}`, () => {
      const error = named(name);
      const problem = credentialsProblem(error, "ecs.DescribeServices");
      if (what === undefined) return assert.equal(problem, error);
      assert.ok(problem instanceof SwitchyardError && problem.code === "credentials");
      assert.match(problem.message, what);
      assert.match(problem.message, /^ecs\.DescribeServices: .*said so/);
    });

  describe("that have expired", () => {
    let asked = 0;
    useAwsServer((request, response) => {
      asked += 1;
      const json = request.headers["x-amz-target"] !== undefined;
      const type = json ? "application/x-amz-json-1.0" : "text/xml";
      const code = json ? "ExpiredTokenException" : "ExpiredToken";
      const message = "The security token included in the request is expired";
      response.writeHead(json ? 400 : 403, { "content-type": type });
      response.end(
        json
          ? JSON.stringify({ __type: `com.amazon.coral.service#${code}`, message })
          : `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
      );
    });

    it("are told at the first call, in either protocol, and not tried again", async () => {
      const aws = new SdkAws({ region: "us-east-1", deadlineMs: 2_000, budget: 100, reserve: 0 });
      const expired = (error: unknown) => error instanceof SwitchyardError && /have expired/.test(error.message);
      const key = { stack: { S: "a" }, item: { S: "lease" } };
      const dynamodb = await aws.client("dynamodb");
      await assert.rejects(dynamodb.send(new GetItemCommand({ TableName: "t", Key: key })), expired);
      const elb = await aws.client("elb");
      await assert.rejects(elb.send(new DescribeRulesCommand({ RuleArns: ["a"] })), expired);
      aws.close();
      assert.equal(asked, 2);
    });
  });
});
