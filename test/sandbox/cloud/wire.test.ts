import assert from "node:assert/strict";
import { CreateSecurityGroupCommand, DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { CreateRuleCommand, DescribeRulesCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { GetFunctionCommand, InvokeCommand } from "@aws-sdk/client-lambda";
import { CreateDBInstanceCommand, DescribeDBInstancesCommand } from "@aws-sdk/client-rds";
import { QueryShapeSerializer, XmlShapeDeserializer } from "@aws-sdk/core/protocols";
import fc from "fast-check";
import { AwsError } from "../../../sandbox/cloud/handlers.ts";
import { operationOf, serviceOf } from "../../../sandbox/cloud/services.ts";
import { asAwsError, encodeAnswer, encodeError } from "../../../sandbox/cloud/wire/answer.ts";
import { credentialScope, recogniseCall } from "../../../sandbox/cloud/wire/call.ts";
import { decodeQuery } from "../../../sandbox/cloud/wire/query.ts";
import { decodeRest, matchRest } from "../../../sandbox/cloud/wire/rest.ts";

const settings = {
  xmlNamespace: "http://example.com/",
  serviceNamespace: "",
  timestampFormat: { useTrait: true, default: 5 as const },
  httpBindings: false,
};

/** The form the SDK itself sends for an input. */
function formOf(command: new (input: never) => object, input: object, ec2: boolean): URLSearchParams {
  const ec2Settings = { capitalizeKeys: true, flattenLists: true, serializeEmptyLists: false, ec2: true };
  const serializer = new QueryShapeSerializer({ ...settings, serializeEmptyLists: true, ...(ec2 ? ec2Settings : {}) });
  serializer.write(operationOf(command).input, input);
  return new URLSearchParams(String(serializer.flush()));
}

describe("AWS query requests", () => {
  const cases: [string, new (input: never) => object, object, boolean][] = [
    [
      "named list members, numbers and booleans",
      CreateDBInstanceCommand,
      {
        DBInstanceIdentifier: "db",
        AllocatedStorage: 20,
        MultiAZ: false,
        VpcSecurityGroupIds: ["sg-1", "sg-2"],
        Tags: [{ Key: "a.b", Value: "c=d&e" }],
      },
      false,
    ],
    [
      "nested structures and lists",
      CreateRuleCommand,
      {
        ListenerArn: "arn",
        Priority: 10,
        Conditions: [
          { Field: "path-pattern", PathPatternConfig: { Values: ["/a/*", "/b"] } },
          { Field: "http-header", HttpHeaderConfig: { HttpHeaderName: "x", Values: ["y"] } },
        ],
        Actions: [
          {
            Type: "forward",
            ForwardConfig: {
              TargetGroups: [
                { TargetGroupArn: "blue", Weight: 100 },
                { TargetGroupArn: "green", Weight: 0 },
              ],
              TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 60 },
            },
          },
        ],
      },
      false,
    ],
    ["empty lists", DescribeRulesCommand, { RuleArns: [] }, false],
    [
      "EC2's flattened lists and capitalised names",
      DescribeInstancesCommand,
      { Filters: [{ Name: "vpc-id", Values: ["vpc-1", "vpc-2"] }], InstanceIds: ["i-1"], MaxResults: 5 },
      true,
    ],
    ["EC2's own names", CreateSecurityGroupCommand, { GroupName: "g", Description: "d", VpcId: "v" }, true],
  ];
  for (const [what, command, input, ec2] of cases) {
    it(`decodes ${what}`, () => {
      assert.deepEqual(decodeQuery(operationOf(command).input, formOf(command, input, ec2), ec2), input);
    });
  }

  it("decodes whatever the SDK encodes", () => {
    const rule = fc.record(
      {
        ListenerArn: fc.string({ minLength: 1 }),
        Priority: fc.nat(),
        Actions: fc.array(
          fc.record(
            { Type: fc.constant("forward"), Order: fc.nat(), TargetGroupArn: fc.string() },
            { requiredKeys: ["Type"], noNullPrototype: true },
          ),
          { maxLength: 12 },
        ),
      },
      { requiredKeys: ["ListenerArn"], noNullPrototype: true },
    );
    fc.assert(
      fc.property(rule, (input) => {
        const decoded = decodeQuery(
          operationOf(CreateRuleCommand).input,
          formOf(CreateRuleCommand, input, false),
          false,
        );
        assert.deepEqual(decoded, input);
      }),
    );
  });
});

describe("AWS query answers", () => {
  it("are read by the SDK as they were given", async () => {
    const operation = operationOf(DescribeDBInstancesCommand);
    const service = serviceOf(operation.namespace);
    const output = {
      Marker: "<&>",
      DBInstances: [
        {
          DBInstanceIdentifier: "a",
          MultiAZ: true,
          AllocatedStorage: 20,
          InstanceCreateTime: new Date("2026-01-02T03:04:05Z"),
          VpcSecurityGroups: [{ VpcSecurityGroupId: "sg", Status: "active" }],
          DBParameterGroups: [],
        },
      ],
    };
    const answer = encodeAnswer(service, operation, output, "id-1");
    assert.match(String(answer.body), /<RequestId>id-1<\/RequestId>/);
    const read = await new XmlShapeDeserializer(settings).read(
      operation.output,
      String(answer.body),
      "DescribeDBInstancesResult",
    );
    assert.deepEqual(JSON.parse(JSON.stringify(read)), JSON.parse(JSON.stringify(output)));
  });

  it("leave an empty result empty", () => {
    const operation = operationOf(DescribeRulesCommand);
    const { body } = encodeAnswer(serviceOf(operation.namespace), operation, {}, "i");
    assert.match(String(body), /<DescribeRulesResult><\/DescribeRulesResult>/);
  });
});

describe("REST operations", () => {
  const url = (path: string) => new URL(path, "http://127.0.0.1");

  it("match by method, path and query literals", () => {
    const http = ["POST", "/2015-03-31/functions/{FunctionName}/invocations", 200] as const;
    assert.deepEqual(matchRest(http, "POST", url("/2015-03-31/functions/a%3Ab/invocations")), { FunctionName: "a:b" });
    assert.equal(matchRest(http, "GET", url("/2015-03-31/functions/a/invocations")), undefined);
    assert.equal(matchRest(http, "POST", url("/2015-03-31/functions/a/b/invocations")), undefined);
    assert.deepEqual(matchRest(["GET", "/{Key+}?x-id=GetObject", 200], "GET", url("/a/b?x-id=GetObject")), {
      Key: "a/b",
    });
    assert.equal(matchRest(["GET", "/?policy", 200], "GET", url("/?acl")), undefined);
    assert.deepEqual(matchRest(["GET", "/?policy", 200], "GET", url("/?policy")), {});
  });

  it("give their labels, query, headers and payload to the input", async () => {
    const operation = operationOf(InvokeCommand);
    const { codec } = serviceOf(operation.namespace);
    const request = {
      method: "POST",
      url: url("/2015-03-31/functions/f/invocations?Qualifier=3"),
      headers: { "x-amz-log-type": "Tail" },
      body: Buffer.from("{}"),
    };
    const input = await decodeRest(operation, { FunctionName: "f" }, request, codec);
    assert.deepEqual(input, { FunctionName: "f", Qualifier: "3", LogType: "Tail", Payload: Buffer.from("{}") });
  });
});

describe("AWS calls", () => {
  const authorization =
    "AWS4-HMAC-SHA256 Credential=AKIDX/20260101/eu-west-1/ecs/aws4_request, SignedHeaders=host, Signature=0";
  const recognise = (method: string, path: string, headers: Record<string, string>, form?: string) =>
    recogniseCall(
      method,
      new URL(path, "http://127.0.0.1"),
      headers,
      form === undefined ? undefined : new URLSearchParams(form),
    );
  const signed = (service: string) => ({ authorization: authorization.replace("/ecs/", `/${service}/`) });

  it("are recognised by target, action, path and presigned scope", async () => {
    const target = await recognise("POST", "/", {
      ...signed("ecs"),
      "x-amz-target": "AmazonEC2ContainerServiceV20141113.ListTasks",
    });
    assert.deepEqual(
      [target.service, target.operation, target.protocol, target.accessKey, target.region],
      ["ecs", "ListTasks", "json", "AKIDX", "eu-west-1"],
    );
    const action = await recognise("POST", "/", signed("rds"), "Action=DescribeDBInstances&Version=2014-10-31");
    assert.deepEqual([action.service, action.operation, action.protocol], ["rds", "DescribeDBInstances", "query"]);
    const ec2 = await recognise("POST", "/", signed("ec2"), "Action=DescribeVpcs");
    assert.equal(ec2.protocol, "ec2");
    const lambda = await recognise("GET", "/2015-03-31/functions/f", signed("lambda"));
    assert.deepEqual(
      [lambda.operation, lambda.labels, lambda.protocol],
      ["GetFunction", { FunctionName: "f" }, "restJson"],
    );
    const bucket = await recognise("PUT", "/bucket", signed("s3"));
    assert.deepEqual([bucket.operation, bucket.protocol], ["CreateBucket", "restXml"]);
    const object = await recognise("GET", "/bucket/a/b?x-id=GetObject", signed("s3"));
    assert.equal(object.operation, "GetObject");
    const federated = await recognise("POST", "/", {}, "Action=AssumeRoleWithWebIdentity");
    assert.equal(federated.service, "sts");
    const url = new URL("http://127.0.0.1/b/k?X-Amz-Credential=A%2F20260101%2Fus-east-1%2Fs3%2Faws4_request");
    assert.deepEqual(credentialScope({}, url), { accessKey: "A", region: "us-east-1", service: "s3" });
    assert.equal(credentialScope({ authorization: "Bearer x" }, new URL("http://127.0.0.1/")), undefined);
  });
});

describe("AWS errors", () => {
  const error = new AwsError("NoSuchThing", "a <thing>", 404, { Extra: 1 });
  it("are rendered in the caller's protocol", () => {
    const json = encodeError("json", error, "r", "Op");
    assert.equal(json.status, 404);
    assert.deepEqual(JSON.parse(String(json.body)), { __type: "NoSuchThing", message: "a <thing>", Extra: 1 });
    assert.equal(encodeError("restJson", error, "r", "Op").headers["x-amzn-errortype"], "NoSuchThing");
    assert.match(
      String(encodeError("query", error, "r", "Op").body),
      /<Type>Sender<\/Type><Code>NoSuchThing<\/Code><Message>a &#60;thing&#62;/,
    );
    assert.match(String(encodeError("ec2", error, "r", "Op").body), /<Errors><Error><Code>NoSuchThing/);
    assert.match(String(encodeError("restXml", error, "r", "Op").body), /^<Error><Code>NoSuchThing/);
  });

  it("keep what the SDK read of moto's errors, and call anything else a failure of the cloud", () => {
    const exception = Object.assign(new Error("gone"), {
      name: "GoneFault",
      Code: "Gone",
      $metadata: { httpStatusCode: 404 },
      Hint: "x",
    });
    const known = asAwsError(exception);
    assert.deepEqual([known.code, known.message, known.status, known.members], ["Gone", "gone", 404, { Hint: "x" }]);
    assert.deepEqual(
      [asAwsError(new Error("bug")).code, asAwsError(new Error("bug")).status],
      ["InternalFailure", 500],
    );
  });

  it("name a service this cloud cannot answer for", () => {
    assert.throws(
      () => serviceOf("com.amazonaws.nothing"),
      /No service with the schema namespace "com.amazonaws.nothing"/,
    );
    assert.equal(operationOf(GetFunctionCommand).http?.[0], "GET");
  });
});
