import assert from "node:assert/strict";
import fc from "fast-check";
import { disruptive, judge } from "../../../automation/guard/guard.ts";
import { table } from "../../../automation/guard/table.ts";
import type { View } from "../../../automation/guard/verdict.ts";
import { type PlannedChange, unknownValue } from "../../../automation/stacks/changes.ts";
import { emptyRelease } from "../../../programs/release.ts";
import { deployed } from "../deploy/fixtures.ts";
import { change, inMigrations, inService, live, view } from "./fixtures.ts";

/** `harmless`, `at release`, or why it disrupts. */
function effectOf(planned: PlannedChange, seen: View = view): string {
  const [finding] = judge([planned], seen);
  if (finding === undefined) return "harmless";
  return finding.effect === "disruptive" ? finding.why : finding.effect;
}

const statement = { Effect: "Allow", Action: ["s:Get"], Resource: ["a"] };
const policy = (...statements: readonly object[]) => JSON.stringify({ Version: "2012-10-17", Statement: statements });
const [rule, group] = ["aws:lb/listenerRule:ListenerRule", "aws:lb/targetGroup:TargetGroup"];
const [instance, listener] = ["aws:rds/instance:Instance", "aws:lb/listener:Listener"];
const ingress = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const rolePolicy = "aws:iam/rolePolicy:RolePolicy";
const distribution = "aws:cloudfront/distribution:Distribution";
const accessControl = "aws:cloudfront/originAccessControl:OriginAccessControl";

/** type, op, what it was and will be → what it does. */
type Case = readonly [what: string, PlannedChange, string | RegExp];

function updated(type: string, before: object, after: object, within: readonly string[] = []): PlannedChange {
  const [old, now] = [{ ...before } as Record<string, unknown>, { ...after } as Record<string, unknown>];
  return change(type, "web", { properties: Object.keys({ ...before, ...after }), before: old, after: now, within });
}
const replaced = (type: string, given: Partial<PlannedChange> = {}) => change(type, "web", { op: "replace", ...given });
const deleted = (type: string, given: Partial<PlannedChange> = {}) => change(type, "web", { op: "delete", ...given });

const path = (...values: readonly string[]) => ({ pathPattern: { values } });
const redirectOf = (...conditions: readonly object[]) =>
  change(rule, "production-redirects", { op: "create", after: { conditions, actions: [{ type: "redirect" }] } });
const newRule = (service: string, ...conditions: readonly object[]) =>
  change(rule, service, { op: "create", after: { conditions }, within: inService(service) });

const arrives = (type: string, after: Record<string, unknown>, within: readonly string[] = []) =>
  change(type, "new", { op: "create", after, within });
const balancer = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/production/1";
const blueOfWeb = view.shape?.services["web"]?.blue.targetGroupArn;

const port = (number: number) => ({ fromPort: number, toPort: number, ipProtocol: "tcp" });
const fromBalancer = (name: string, op: string, number: number) =>
  change(ingress, name, { op, before: port(number), within: inService("web") });

const cases: readonly Case[] = [
  [
    "a larger class",
    updated(instance, { instanceClass: "a" }, { instanceClass: "b", applyImmediately: true }),
    "restarts the database",
  ],
  ["a larger class, later", updated(instance, { instanceClass: "a" }, { instanceClass: "b" }), /maintenance window$/],
  ["more storage", updated(instance, { allocatedStorage: 20 }, { allocatedStorage: 30 }), "harmless"],
  ["longer kept backups", updated(instance, { backupRetentionPeriod: 7 }, { backupRetentionPeriod: 30 }), "harmless"],
  ["no more backups", updated(instance, { backupRetentionPeriod: 7 }, { backupRetentionPeriod: 0 }), /^restarts/],
  ["another database", replaced(instance), /what is stored is lost/],
  [
    "what no table knows of the database",
    updated(instance, {}, { novel: 1 }),
    /nothing is known of what another novel/,
  ],
  ["tags", updated(instance, { tags: {} }, { tags: { a: "b" }, tagsAll: {} }), "harmless"],
  [
    "a subnet group that grows",
    updated("aws:rds/subnetGroup:SubnetGroup", { subnetIds: ["a"] }, { subnetIds: ["a", unknownValue] }),
    "harmless",
  ],
  [
    "a subnet group that shrinks",
    updated("aws:rds/subnetGroup:SubnetGroup", { subnetIds: ["a", "b"] }, { subnetIds: ["b"] }),
    /takes the database out/,
  ],
  ["another balancer", replaced("aws:lb/loadBalancer:LoadBalancer"), "replaces the balancer: new address"],
  [
    "a shorter idle timeout",
    updated("aws:lb/loadBalancer:LoadBalancer", { idleTimeout: 60 }, { idleTimeout: 30 }),
    /longer than 30 s/,
  ],
  [
    "a longer idle timeout",
    updated("aws:lb/loadBalancer:LoadBalancer", { idleTimeout: 60 }, { idleTimeout: 90 }),
    "harmless",
  ],
  [
    "a balancer in one more zone",
    updated("aws:lb/loadBalancer:LoadBalancer", { subnets: ["a"] }, { subnets: ["a", "b"] }),
    "harmless",
  ],
  [
    "a balancer in other zones",
    updated("aws:lb/loadBalancer:LoadBalancer", { subnets: ["a"] }, { subnets: ["b"] }),
    /out of subnets/,
  ],
  [
    "a listener that redirects",
    updated(listener, {}, { defaultActions: [{ type: "redirect", redirect: { protocol: "HTTPS" } }] }),
    /redirected to https:/,
  ],
  ["another health check", updated(group, {}, { healthCheck: {} }, inService("web")), /^checks what serves/],
  [
    "a slow start",
    updated(group, { slowStart: 0 }, { slowStart: 30 }, inService("web")),
    /^gives tasks that start another share/,
  ],
  [
    "another protocol version",
    replaced(group, { properties: ["protocolVersion"], within: inService("web") }),
    "replaces the target group that serves",
  ],
  [
    "another drain",
    updated(group, { deregistrationDelay: 30 }, { deregistrationDelay: 0 }, inService("web")),
    /^drains/,
  ],
  ["clients that are bound", updated(group, {}, { stickiness: {} }, inService("web")), /^binds clients/],
  [
    "an attribute of the listener",
    updated(listener, {}, { routingHttpResponseServerEnabled: false }),
    /^nothing is known of what another routingHttpResponseServerEnabled/,
  ],
  [
    "logs that are kept longer",
    updated("aws:cloudwatch/logGroup:LogGroup", { retentionInDays: 30 }, { retentionInDays: 90 }, inService("web")),
    "harmless",
  ],
  [
    "parameters of the database",
    updated("aws:rds/parameterGroup:ParameterGroup", {}, { parameters: [] }),
    /some take a restart$/,
  ],
  ["weights", updated(rule, {}, { actions: [] }, inService("web")), "moves traffic of web to other tasks"],
  [
    "a rule on another listener",
    replaced(rule, { properties: ["listenerArn"], within: inService("web") }),
    /to another listener/,
  ],
  ...(
    [
      ["a preview rule that asks for another secret", "web-preview", [path("/web"), { httpHeader: {} }], "harmless"],
      ["a preview rule without its secret", "web-preview", [path("/web")], "changes which requests reach web"],
      ["another path", "web", [path("/other")], "changes which requests reach web"],
    ] as const
  ).map(
    ([what, name, conditions, effect]): Case => [
      what,
      change(rule, name, { properties: ["conditions"], after: { conditions }, within: inService("web") }),
      effect,
    ],
  ),
  ...(["blue", "green"] as const).map(
    (colour): Case => [
      `the scaling of ${colour} made anew, while blue is live`,
      change("aws:appautoscaling/target:Target", `web-${colour}`, { op: "replace", within: inService("web") }),
      colour === "green" ? "harmless" : "what serves scales no longer, until the next deploy",
    ],
  ),
  ...(["traffic:PreviewHeader", "data:DatabaseUrl"] as const).map(
    (component): Case => [
      `a secret's current version moved back, of ${component}`,
      change("aws:secretsmanager/secretVersion:SecretVersion", "sandbox", {
        properties: ["versionStages"],
        within: [`urn:pulumi:production::switchyard::switchyard:${component}::sandbox`],
      }),
      component === "traffic:PreviewHeader" ? "harmless" : /^changes what a secret holds/,
    ],
  ),
  ...(
    [
      [
        "the program's own boundary",
        {},
        { permissionsBoundary: "arn:aws:iam::1:policy/switchyard-workload" },
        "harmless",
      ],
      ["no boundary any more", { permissionsBoundary: "arn:aws:iam::1:policy/other" }, {}, "harmless"],
      ["another boundary", {}, { permissionsBoundary: "arn:aws:iam::1:policy/other" }, /another permissions boundary$/],
    ] as const
  ).map(([what, before, after, effect]): Case => [what, updated("aws:iam/role:Role", before, after), effect]),
  ["a rule that goes", deleted(rule, { within: inService("web") }), "the path of web is not answered any more"],
  [
    "a rule for a path of another",
    newRule("docs", path("/web/docs", "/web/docs/*")),
    "takes /web/docs from web before docs is proven",
  ],
  ["a rule for a path nobody answers", newRule("docs", path("/docs", "/docs/*")), "harmless"],
  ["a rule for a path above another's", newRule("docs", path("/*")), "takes / from web before docs is proven"],
  ["a rule that asks for a host only", newRule("docs", { hostHeader: { values: ["*"] } }), /^takes \/ from web/],
  ["a rule that redirects a host", redirectOf({ hostHeader: { values: ["www.example.com"] } }), "harmless"],
  ["a rule that redirects a path", redirectOf(path("/*")), /^takes \/ from web/],
  ["a rule for some clients", newRule("docs", { sourceIp: { values: ["0.0.0.0/0"] } }), /^takes \/ from web/],
  ["a rule that needs a header besides", newRule("docs", path("/web/docs"), { httpHeader: {} }), "harmless"],
  ["a rule that is closed", newRule("docs", { sourceIp: { values: ["192.0.2.1/32"] } }), "harmless"],
  [
    "a closed rule of a service that never ran, which another update opens",
    updated(
      rule,
      { conditions: [{ sourceIp: { values: ["192.0.2.1/32"] } }] },
      { conditions: [path("/web/*")] },
      inService("docs"),
    ),
    "takes /web from web before docs is proven",
  ],
  ["a service's health check that never ran", updated(group, {}, { healthCheck: {} }, inService("docs")), "harmless"],
  ["a service that goes and never ran", deleted("aws:ecs/service:Service", { within: inService("docs") }), "harmless"],
  [
    "tasks of what serves",
    updated("aws:ecs/service:Service", {}, { taskDefinition: "b" }, inService("web")),
    /^runs what serves/,
  ],
  [
    "how tasks are started",
    updated("aws:ecs/service:Service", {}, { deploymentMaximumPercent: 150 }, inService("web")),
    "harmless",
  ],
  [
    "another task definition",
    replaced("aws:ecs/taskDefinition:TaskDefinition", { before: { skipDestroy: true } }),
    "at release",
  ],
  [
    "a task definition that is taken back",
    replaced("aws:ecs/taskDefinition:TaskDefinition", { before: {} }),
    /^deregisters/,
  ],
  [
    "a firewall rule that a release needs",
    fromBalancer("web-from-alb", "delete", 8080),
    "closes port 8080 to or from web",
  ],
  ["a firewall rule no release needs", fromBalancer("web-from-alb-9090", "delete", 9090), "harmless"],
  ["another rule that goes", fromBalancer("web-database", "delete", 5432), "closes port 5432 to or from web"],
  ["a firewall rule that comes", fromBalancer("web-from-alb-9090", "create", 9090), "harmless"],
  [
    "rights that grow",
    updated(
      rolePolicy,
      { policy: policy(statement) },
      { policy: policy({ ...statement, Resource: ["a", "b"] }, statement) },
    ),
    "harmless",
  ],
  [
    "rights that are not known yet",
    updated(rolePolicy, { policy: policy(statement) }, { policy: unknownValue }),
    "harmless",
  ],
  [
    "rights that shrink",
    updated(rolePolicy, { policy: policy(statement) }, { policy: policy() }),
    "takes rights away from what runs",
  ],
  [
    "rights that are denied",
    updated(rolePolicy, { policy: policy(statement) }, { policy: policy(statement, { ...statement, Effect: "Deny" }) }),
    /^takes rights/,
  ],
  [
    "a secret that goes",
    deleted("aws:secretsmanager/secret:Secret", { within: inService("web") }),
    /does not come back$/,
  ],
  ["a way out of a subnet", updated("aws:ec2/route:Route", {}, { natGatewayId: "b" }), /another way$/],
  ["a zone that comes", change("aws:ec2/subnet:Subnet", "web", { op: "create" }), "harmless"],
  ["a zone that goes", deleted("aws:ec2/subnet:Subnet"), /^deletes a subnet/],
  ["alarms", updated("aws:cloudwatch/metricAlarm:MetricAlarm", {}, { threshold: 1, novel: 2 }), "harmless"],
  [
    "a resource no table knows that comes before the balancer",
    arrives("aws:globalaccelerator/accelerator:Accelerator", { resourceArn: balancer }),
    "nothing is known of what this does to the balancer",
  ],
  [
    "a resource no table knows that joins a target group",
    arrives("aws:lb/targetGroupAttachment:TargetGroupAttachment", { targetGroupArn: blueOfWeb }),
    "nothing is known of what this does to web's target group blue",
  ],
  [
    "another's tasks in a target group that serves",
    arrives("aws:ecs/service:Service", { loadBalancers: [{ targetGroupArn: blueOfWeb }] }, inService("api")),
    "joins web's target group blue from outside",
  ],
  [
    "a service's own tasks that are made anew",
    arrives("aws:ecs/service:Service", { loadBalancers: [{ targetGroupArn: blueOfWeb }] }, inService("web")),
    "harmless",
  ],
  ["a filter of packets", arrives("aws:ec2/networkAcl:NetworkAcl", {}), "filters packets of subnets in use"],
  [
    "a resource no table knows that comes",
    change("aws:globalaccelerator/accelerator:Accelerator", "web", { op: "create" }),
    "harmless",
  ],
  [
    "a resource no table knows",
    updated("aws:globalaccelerator/accelerator:Accelerator", {}, { rules: [] }),
    /^nothing is known of what this does/,
  ],
  [
    "the domain of mail that goes",
    deleted("aws:sesv2/emailIdentity:EmailIdentity"),
    "services can send no mail any more",
  ],
  [
    "another configuration set of the domain",
    updated("aws:sesv2/emailIdentity:EmailIdentity", {}, { configurationSetName: "sandbox-mail" }),
    "harmless",
  ],
  [
    "the configuration set that goes",
    deleted("aws:sesv2/configurationSet:ConfigurationSet"),
    "services can send no mail, where the domain still names it",
  ],
  [
    "other bounces",
    updated("aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes", {}, { mailFromDomain: "b" }),
    "harmless",
  ],
  ["a CDN in more places", updated(distribution, { priceClass: "a" }, { priceClass: "b", comment: "c" }), "harmless"],
  [
    "a CDN that answers plain HTTP",
    updated(
      distribution,
      { defaultCacheBehavior: {} },
      { defaultCacheBehavior: { viewerProtocolPolicy: "allow-all" } },
    ),
    "changes how public files are answered",
  ],
  ["a CDN that is off", updated(distribution, { enabled: true }, { enabled: false }), /^changes how/],
  ["another CDN", replaced(distribution), "public files have another address"],
  ["a CDN that goes", deleted(distribution), "public files are answered nowhere any more"],
  [
    "a CDN that signs otherwise",
    updated(accessControl, { signingBehavior: "always" }, { signingBehavior: "never" }),
    "changes how the CDN asks for public files",
  ],
  ["how a CDN is let in, replaced", replaced(accessControl), "the CDN gets no public files meanwhile"],
  ["how a CDN is let in, deleted", deleted(accessControl), "the CDN gets no public files any more"],
  [
    "a firewall that refuses what it counted",
    updated(
      "aws:wafv2/webAcl:WebAcl",
      { rules: [{ overrideAction: { count: {} } }] },
      { rules: [{ overrideAction: { none: {} } }] },
    ),
    "harmless",
  ],
  [
    "a firewall that refuses what no rule is about",
    updated("aws:wafv2/webAcl:WebAcl", { defaultAction: { allow: {} } }, { defaultAction: { block: {} } }),
    "changes what happens to requests that no rule is about",
  ],
  ["a firewall that goes", deleted("aws:wafv2/webAclAssociation:WebAclAssociation"), "harmless"],
  [
    "the firewall's log that goes",
    deleted("aws:cloudwatch/logGroup:LogGroup", {
      within: ["urn:pulumi:production::switchyard::switchyard:traffic:WebAcl::production"],
    }),
    "harmless",
  ],
  ["a component", updated("switchyard:service:Service", {}, { novel: 1 }), "harmless"],
  ["the migration function", updated("aws:lambda/function:Function", {}, { imageUri: "b" }, inMigrations), "harmless"],
];

const record = "aws:route53/record:Record";
const aliasOf = (name: string, evaluateTargetHealth = true) => ({
  aliases: [{ name, zoneId: "Z1", evaluateTargetHealth }],
});
const weighing = (weight: number) => ({ weightedRoutingPolicies: [{ weight }] });

const inCertificate = ["urn:pulumi:production::switchyard::switchyard:traffic:Certificate::production"];
const redirects = { defaultActions: [{ type: "redirect", redirect: { protocol: "HTTPS" } }] };

/** Of the way in by HTTPS, and what it does once that is answered. */
const ofHttps: readonly Case[] = [
  ["another certificate", updated(listener, { certificateArn: "a" }, { certificateArn: "b" }), /another certificate/],
  ["the certificate that goes", deleted("aws:acm/certificate:Certificate"), /^deletes the certificate/],
  [
    "the certificate's proof that goes",
    deleted("aws:route53/record:Record", { within: inCertificate }),
    /not renewed any more$/,
  ],
  ["the name that goes", deleted("aws:route53/record:Record"), "the name does not resolve any more"],
  ["a name that leads elsewhere", updated(record, aliasOf("a"), aliasOf("b")), "the name to something else"],
  [
    "a name whose weight is put back",
    updated(record, { setIdentifier: "production", ...weighing(0) }, { setIdentifier: "production", ...weighing(255) }),
    "the name to something else",
  ],
  [
    "a name that is shared no more",
    updated(record, { setIdentifier: "production", ...weighing(255) }, {}),
    "another environment answers resolve",
  ],
  ["the listener that goes", deleted(listener, { before: { protocol: "HTTPS" } }), /^closes the port/],
  [
    "its port that goes",
    change(ingress, "production-alb-443", { op: "delete", before: port(443) }),
    /^closes port 443/,
  ],
  [
    "a redirect that ends",
    updated(listener, redirects, { defaultActions: [{ type: "fixed-response" }] }),
    /^changes what is answered/,
  ],
];

describe("the guard over an update", () => {
  for (const [what, planned, effect] of ofHttps)
    it(`judges ${what} by whether HTTPS was ever answered`, () => {
      assert.equal(effectOf(planned), "harmless");
      const shape = view.shape && { ...view.shape, url: "https://app.example.com" };
      assert.match(effectOf(planned, { ...view, shape }), new RegExp(effect));
    });

  it("lets a name be shared, which turns its record into one with a weight at once", () => {
    const shape = view.shape && { ...view.shape, url: "https://app.example.com" };
    const shared = { ...aliasOf("a", false), setIdentifier: "production", ...weighing(255) };
    assert.equal(effectOf(updated(record, aliasOf("a"), shared), { ...view, shape }), "harmless");
    const proof = updated(record, {}, { allowOverwrite: true }, inCertificate);
    assert.equal(effectOf(proof, { ...view, shape }), "harmless");
    const elsewhere = { ...shared, ...aliasOf("b", false) };
    assert.match(effectOf(updated(record, aliasOf("a"), elsewhere), { ...view, shape }), /something else/);
  });

  it("keeps the way in by HTTP", () => {
    assert.match(effectOf(deleted(listener, { before: { protocol: "HTTP" } })), /^closes the port/);
    const open = change(ingress, "production-alb-80", { op: "delete", before: port(80) });
    assert.match(effectOf(open), /^closes port 80/);
  });

  for (const [what, planned, effect] of cases)
    it(`judges ${what}`, () => {
      const found = effectOf(planned);
      if (typeof effect === "string") assert.equal(found, effect);
      else assert.match(found, effect);
    });

  it("lets nobody change the migration function that a deploy in flight is to call", () => {
    const planned = updated("aws:lambda/function:Function", {}, { imageUri: "b" }, inMigrations);
    assert.match(effectOf(planned, { ...view, inFlight: "deploy v2" }), /which deploy v2 may yet call/);
  });

  it("lets a service go that is retired, but while it may be brought back", () => {
    const gone = deleted("aws:ecs/service:Service", { within: inService("docs") });
    const docs = { green: deployed("v1"), retired: { colour: "green" as const, tasks: 2 } };
    const release = { ...live, services: { ...live.services, docs } };
    assert.equal(effectOf(gone, { ...view, release }), "harmless");
    assert.notEqual(effectOf(gone, { ...view, release, inFlight: "rollback v1" }), "harmless");
    const changed = updated(group, {}, { healthCheck: {} }, inService("docs"));
    assert.notEqual(effectOf(changed, { ...view, release }), "harmless");
  });

  it("goes by the port a colour was released with, when that is recorded", () => {
    const web = live.services["web"];
    const setup = { port: 9090 };
    const blue = { ...web?.blue, setup } as NonNullable<typeof web>["blue"];
    const release = { ...live, services: { web: { ...web, ...(blue && { blue }) } } };
    assert.equal(effectOf(fromBalancer("web-from-alb-8080", "delete", 8080), { ...view, release }), "harmless");
    assert.match(
      effectOf(fromBalancer("web-from-alb-9090", "delete", 9090), { ...view, release }),
      /^closes port 9090/,
    );
  });

  it("finds nothing disruptive while nothing is live", () => {
    const release = { ...emptyRelease, services: { web: { next: { digest: "d", version: "v1" } } } };
    for (const [what, planned] of cases) assert.equal(effectOf(planned, { ...view, release }), "harmless", what);
  });

  it("takes what it does not know for disruptive: any property of any type, unless the type is aside", () => {
    const open = Object.entries(table).filter(([, { properties = {} }]) => properties["*"] === undefined);
    const types = fc.constantFrom(...open.map(([type]) => type));
    const inherited = fc.constantFrom("toString", "constructor", "__proto__", "valueOf");
    const names = fc
      .oneof(fc.string({ minLength: 1 }), inherited)
      .filter((name) => !/[.[]/.test(name) && name.trim() !== "");
    fc.assert(
      fc.property(types, names, (type, name) => {
        const known = Object.hasOwn(table[type]?.properties ?? {}, name);
        if (known || type.startsWith("aws:lambda")) return;
        const planned = change(type, "web", { properties: [name], before: {}, after: { [name]: 1 } });
        assert.equal(disruptive(judge([planned], view)).length, 1);
      }),
    );
  });

  it("is as strict about many changes as about each", () => {
    const planned = cases.map(([, one]) => one);
    const single = planned.flatMap((one) => judge([one], view));
    assert.deepEqual(judge(planned, view), single);
  });
});
