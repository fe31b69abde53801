import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ACMClient, RequestCertificateCommand } from "@aws-sdk/client-acm";
import {
  AddListenerCertificatesCommand,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  DeleteListenerCommand,
  DeleteLoadBalancerCommand,
  DeleteRuleCommand,
  DeleteTargetGroupCommand,
  DescribeListenerCertificatesCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerAttributesCommand,
  ModifyListenerCommand,
  ModifyLoadBalancerAttributesCommand,
  ModifyRuleCommand,
  RegisterTargetsCommand,
  SetRulePrioritiesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { Agent, request } from "undici";
import { createBalancer, createGroup, until, useInProcessCloud } from "./in-process.ts";

describe("load balancer operations", () => {
  const cloud = useInProcessCloud();
  const elb = () => cloud().client(ElasticLoadBalancingV2Client);
  const refused = (command: Promise<unknown>, name: string, message: RegExp = /./) =>
    assert.rejects(command, (error: Error) => {
      assert.equal(error.name, name);
      assert.match(error.message, message);
      return true;
    });
  const fixed = (StatusCode: string) => [{ Type: "fixed-response" as const, FixedResponseConfig: { StatusCode } }];
  const path = (value: string) => [{ Field: "path-pattern", PathPatternConfig: { Values: [value] } }];
  const status = async (url: string) => {
    const answer = await request(url);
    await answer.body.dump();
    return answer.statusCode;
  };

  it("needs two subnets, is active at once, and answers at its name", async () => {
    const { arn, subnets, url } = await createBalancer(cloud());
    await refused(
      elb().send(new CreateLoadBalancerCommand({ Name: "one", Subnets: subnets.slice(1) })),
      "ValidationError",
      /two subnets/,
    );
    const { LoadBalancers } = await elb().send(new DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] }));
    assert.equal(LoadBalancers?.[0]?.State?.Code, "active");
    assert.equal(`http://${LoadBalancers?.[0]?.DNSName}`, url);
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it("answers a repeated creation, and refuses a name in use with other settings", async () => {
    const { arn, subnets } = await createBalancer(cloud());
    const other = await createBalancer(cloud());
    const { LoadBalancers } = await elb().send(new DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] }));
    const Name = LoadBalancers?.[0]?.LoadBalancerName;
    const again = await elb().send(new CreateLoadBalancerCommand({ Name, Subnets: subnets }));
    assert.equal(again.LoadBalancers?.[0]?.LoadBalancerArn, arn);
    await refused(
      elb().send(new CreateLoadBalancerCommand({ Name, Subnets: other.subnets })),
      "DuplicateLoadBalancerNameException",
    );
  });

  it("enforces deletion protection; deletion closes its ports", async () => {
    const { arn, url } = await createBalancer(cloud());
    const protect = (Value: string) =>
      elb().send(
        new ModifyLoadBalancerAttributesCommand({
          LoadBalancerArn: arn,
          Attributes: [{ Key: "deletion_protection.enabled", Value }],
        }),
      );
    await protect("true");
    await refused(
      elb().send(new DeleteLoadBalancerCommand({ LoadBalancerArn: arn })),
      "OperationNotPermittedException",
      /protection/,
    );
    assert.equal(await status(url), 404);
    await protect("false");
    await elb().send(new DeleteLoadBalancerCommand({ LoadBalancerArn: arn }));
    await assert.rejects(status(url), /ECONNREFUSED/);
  });

  it("refuses a second listener on a port, and HTTPS without a certificate", async () => {
    const { arn } = await createBalancer(cloud());
    const listener = { LoadBalancerArn: arn, DefaultActions: fixed("200") };
    await refused(
      elb().send(new CreateListenerCommand({ ...listener, Protocol: "HTTP", Port: 80 })),
      "DuplicateListenerException",
    );
    await refused(
      elb().send(new CreateListenerCommand({ ...listener, Protocol: "HTTPS", Port: 443 })),
      "ValidationError",
      /certificate/,
    );
  });

  it("serves HTTPS listeners with the sandbox's certificate, and redirects to their port", async () => {
    const { arn, url, listener } = await createBalancer(cloud());
    const CertificateArn = "arn:aws:iam::123456789012:server-certificate/own";
    await elb().send(
      new CreateListenerCommand({
        LoadBalancerArn: arn,
        Protocol: "HTTPS",
        Port: 443,
        Certificates: [{ CertificateArn }],
        DefaultActions: fixed("200"),
      }),
    );
    await elb().send(
      new CreateRuleCommand({
        ListenerArn: listener,
        Priority: 1,
        Conditions: path("/*"),
        Actions: [{ Type: "redirect", RedirectConfig: { StatusCode: "HTTP_301", Protocol: "HTTPS", Port: "443" } }],
      }),
    );
    const location = await until("the redirect", async () => {
      const answer = await request(`${url}/x?y=1`);
      await answer.body.dump();
      return answer.statusCode === 301 && String(answer.headers["location"]);
    });
    assert.match(location, /^https:\/\/127\.0\.0\.1:\d+\/x\?y=1$/);
    const trusting = new Agent({ connect: { rejectUnauthorized: false } });
    const answer = await request(location, { dispatcher: trusting });
    await answer.body.dump();
    assert.equal(answer.statusCode, 200);
    await trusting.destroy();
  });

  it("gives its answers the header that a listener's attribute names, in place of the target's own", async () => {
    const { url, listener, vpc } = await createBalancer(cloud());
    const target = createServer((_, response) =>
      response.setHeader("strict-transport-security", "max-age=1").end("ok"),
    );
    await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
    try {
      const group = await createGroup(cloud(), vpc);
      const { port } = target.address() as AddressInfo;
      await elb().send(
        new RegisterTargetsCommand({ TargetGroupArn: group, Targets: [{ Id: "127.0.0.1", Port: port }] }),
      );
      await elb().send(
        new CreateRuleCommand({
          ListenerArn: listener,
          Priority: 1,
          Conditions: path("/served"),
          Actions: [{ Type: "forward", TargetGroupArn: group }],
        }),
      );
      const given = async (at: string) => {
        const { statusCode, headers, body } = await request(`${url}${at}`);
        await body.dump();
        return [statusCode, headers["strict-transport-security"]];
      };
      assert.deepEqual(
        await until("the target's own", async () => {
          const answer = await given("/served");
          return answer[0] === 200 && answer;
        }),
        [200, "max-age=1"],
      );
      const Key = "routing.http.response.strict_transport_security.header_value";
      await elb().send(
        new ModifyListenerAttributesCommand({ ListenerArn: listener, Attributes: [{ Key, Value: "max-age=300" }] }),
      );
      assert.deepEqual(await given("/served"), [200, "max-age=300"]);
      assert.deepEqual(await given("/nowhere"), [404, "max-age=300"]);
    } finally {
      target.close();
    }
  });

  it("keeps the other certificates of a listener whose own is changed", async () => {
    const { arn } = await createBalancer(cloud());
    const acm = cloud().client(ACMClient);
    const made = (label: string) => acm.send(new RequestCertificateCommand({ DomainName: `${label}.example.com` }));
    const [one, two, more] = [await made("one"), await made("two"), await made("more")];
    const { Listeners } = await elb().send(
      new CreateListenerCommand({
        LoadBalancerArn: arn,
        Protocol: "HTTPS",
        Port: 443,
        Certificates: [one],
        DefaultActions: fixed("200"),
      }),
    );
    const ListenerArn = Listeners?.[0]?.ListenerArn;
    await elb().send(new AddListenerCertificatesCommand({ ListenerArn, Certificates: [more] }));
    await elb().send(new ModifyListenerCommand({ ListenerArn, Certificates: [two] }));
    const { Certificates = [] } = await elb().send(new DescribeListenerCertificatesCommand({ ListenerArn }));
    assert.deepEqual(
      Certificates.map(({ CertificateArn }) => CertificateArn),
      [two.CertificateArn, more.CertificateArn],
    );
  });

  it("refuses weights, numbers of groups and priorities out of bounds", async () => {
    const { listener, vpc } = await createBalancer(cloud());
    const group = await createGroup(cloud(), vpc);
    const create = (weights: number[], Priority = 1) =>
      elb().send(
        new CreateRuleCommand({
          ListenerArn: listener,
          Priority,
          Conditions: path("/*"),
          Actions: [
            {
              Type: "forward",
              ForwardConfig: { TargetGroups: weights.map((Weight) => ({ TargetGroupArn: group, Weight })) },
            },
          ],
        }),
      );
    await refused(create([1000]), "ValidationError", /between 0 and 999/);
    await refused(create([-1]), "ValidationError", /between 0 and 999/);
    await refused(create([1, 1, 1, 1, 1, 1]), "ValidationError", /at most 5/);
    await refused(create([1, 2]), "ValidationError", /only once/);
    await refused(create([1], 50_001), "ValidationError", /between 1 and 50000/);
    await create([999]);
    await refused(create([1]), "PriorityInUseException");
  });

  it("follows rules as they are created, reordered, modified and deleted", async () => {
    const { listener, url } = await createBalancer(cloud());
    const create = async (Priority: number, code: string, pattern: string) => {
      const command = new CreateRuleCommand({
        ListenerArn: listener,
        Priority,
        Conditions: path(pattern),
        Actions: fixed(code),
      });
      return (await elb().send(command)).Rules?.[0]?.RuleArn ?? "";
    };
    const answers = (code: number) => until(`${code}`, async () => (await status(`${url}/x`)) === code);
    const first = await create(10, "201", "/*");
    const second = await create(20, "202", "/x");
    await answers(201);
    await elb().send(new SetRulePrioritiesCommand({ RulePriorities: [{ RuleArn: second, Priority: 5 }] }));
    await answers(202);
    await elb().send(new ModifyRuleCommand({ RuleArn: second, Actions: fixed("203") }));
    await answers(203);
    await elb().send(new DeleteRuleCommand({ RuleArn: second }));
    await answers(201);
    await elb().send(new DeleteRuleCommand({ RuleArn: first }));
    await answers(404);
    await refused(elb().send(new DeleteRuleCommand({ RuleArn: first })), "RuleNotFoundException");
    await elb().send(new DeleteListenerCommand({ ListenerArn: listener }));
    await assert.rejects(status(url), /ECONNREFUSED/);
  });

  it("knows which load balancers use a group, and keeps one in use", async () => {
    const { arn, listener, vpc } = await createBalancer(cloud());
    const group = await createGroup(cloud(), vpc);
    const users = async () =>
      (await elb().send(new DescribeTargetGroupsCommand({ TargetGroupArns: [group] }))).TargetGroups?.[0]
        ?.LoadBalancerArns;
    assert.deepEqual((await users()) ?? [], []);
    const created = await elb().send(
      new CreateRuleCommand({
        ListenerArn: listener,
        Priority: 1,
        Conditions: path("/*"),
        Actions: [{ Type: "forward", TargetGroupArn: group }],
      }),
    );
    assert.deepEqual(await users(), [arn]);
    await refused(elb().send(new DeleteTargetGroupCommand({ TargetGroupArn: group })), "ResourceInUseException");
    await elb().send(new DeleteRuleCommand({ RuleArn: created.Rules?.[0]?.RuleArn }));
    assert.deepEqual((await users()) ?? [], []);
    await elb().send(new DeleteTargetGroupCommand({ TargetGroupArn: group }));
    await refused(
      elb().send(new RegisterTargetsCommand({ TargetGroupArn: group, Targets: [{ Id: "127.0.0.1", Port: 1 }] })),
      "TargetGroupNotFoundException",
    );
  });

  it("says of a target nobody registered that it is not", async () => {
    const { vpc } = await createBalancer(cloud());
    const group = await createGroup(cloud(), vpc);
    const { TargetHealthDescriptions } = await elb().send(
      new DescribeTargetHealthCommand({ TargetGroupArn: group, Targets: [{ Id: "127.0.0.1", Port: 9 }] }),
    );
    assert.equal(TargetHealthDescriptions?.[0]?.TargetHealth?.Reason, "Target.NotRegistered");
  });
});
