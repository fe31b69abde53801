/** Certificates (ACM) and names (Route 53). */
import type { Change } from "@aws-sdk/client-route-53";
import type { acm, route53 } from "@pulumi/aws";
import { ProviderError } from "../errors.ts";
import { type Context, type Functions, fn, type In, type Rows, row, type Tags } from "../row.ts";
import { first, must, tagList, tagRecord } from "./shared.ts";

const describeCertificate = async (CertificateArn: string, { acm }: Context) =>
  (await acm.describeCertificate({ CertificateArn })).Certificate;

const certificate = row<acm.CertificateArgs, acm.Certificate>({
  replace: ["domainName", "subjectAlternativeNames", "validationMethod", "keyAlgorithm"],
  required: ["domainName"],
  computed: [
    "arn",
    "domainValidationOptions",
    "status",
    "type",
    "notAfter",
    "notBefore",
    "pendingRenewal",
    "renewalEligibility",
    "subjectAlternativeNames",
    "keyAlgorithm",
    "validationEmails",
    "validationMethod",
  ],
  create: async (inputs, aws) => {
    const made = await aws.acm.requestCertificate({
      DomainName: inputs.domainName,
      SubjectAlternativeNames: inputs.subjectAlternativeNames,
      ValidationMethod: inputs.validationMethod as "DNS",
      KeyAlgorithm: inputs.keyAlgorithm as "RSA_2048" | undefined,
      ...(Object.keys(aws.tags).length > 0 && { Tags: tagList(aws.tags) }),
    });
    return aws.created(must(made.CertificateArn, "CertificateArn"));
  },
  ready: (id, aws, { domainName }) =>
    aws.until(`certificate ${domainName} to name its validation records`, async () => {
      const options = (await describeCertificate(id, aws))?.DomainValidationOptions;
      return (
        options?.every(({ ResourceRecord, ValidationMethod }) => ResourceRecord || ValidationMethod !== "DNS") ||
        undefined
      );
    }),
  read: async (id, aws) => {
    const found = await describeCertificate(id, aws);
    if (!found) return undefined;
    const { Tags } = await aws.acm.listTagsForCertificate({ CertificateArn: id });
    const [main = "", names] = [found.DomainName, found.SubjectAlternativeNames ?? []];
    return {
      arn: id,
      domainName: main,
      subjectAlternativeNames: [...new Set([main, ...names])],
      validationMethod: first(found.DomainValidationOptions)?.ValidationMethod ?? "DNS",
      status: found.Status,
      type: found.Type,
      ...(found.KeyAlgorithm && { keyAlgorithm: found.KeyAlgorithm.replace("-", "_") }),
      domainValidationOptions: (found.DomainValidationOptions ?? []).map(({ DomainName, ResourceRecord: record }) => ({
        domainName: DomainName ?? "",
        resourceRecordName: record?.Name ?? "",
        resourceRecordType: record?.Type ?? "",
        resourceRecordValue: record?.Value ?? "",
      })),
      tagsAll: tagRecord(Tags),
    };
  },
  // ACM lists the certificate's own name among the alternatives.
  equal: {
    subjectAlternativeNames: (there, wanted) =>
      (wanted as string[]).every((name) => (there as string[]).includes(name)),
  },
  tag: (CertificateArn, tags, { acm }) => acm.addTagsToCertificate({ CertificateArn, Tags: tagList(tags) }),
  untag: (CertificateArn, removed, { acm }) =>
    acm.removeTagsFromCertificate({ CertificateArn, Tags: removed.map((Key) => ({ Key })) }),
  delete: (CertificateArn, { acm }) => acm.deleteCertificate({ CertificateArn }),
});

/** Not a thing in AWS: waits until the certificate is issued. */
const certificateValidation = row<acm.CertificateValidationArgs, acm.CertificateValidation>({
  replace: ["certificateArn", "validationRecordFqdns"],
  required: ["certificateArn"],
  computed: [],
  create: async ({ certificateArn }, aws) => {
    const found = await aws.until(
      `certificate ${certificateArn} to be issued`,
      async () => {
        const now = await describeCertificate(certificateArn, aws);
        if (now?.Status === "FAILED")
          throw new Error(`acm: ${certificateArn}: validation failed (${now.FailureReason})`);
        return now?.Status === "ISSUED" ? now : undefined;
      },
      4500,
    );
    return (found.IssuedAt ?? new Date(0)).toISOString();
  },
  read: async (_id, aws, { certificateArn }) => {
    const found = await describeCertificate(certificateArn, aws);
    return found?.Status === "ISSUED" ? { certificateArn } : undefined;
  },
  delete: async () => undefined,
});

const zoneId = (id: string | undefined) => id?.replace(/^\/hostedzone\//, "") ?? "";
/** Route 53 answers an asterisk as its octal code (Route 53 developer guide, "DNS domain name format"). */
const withoutDot = (name: string | undefined) => name?.replace(/\.$/, "").replace("\\052", "*");

const zone = row<route53.ZoneArgs, route53.Zone>({
  update: ["comment", "forceDestroy"],
  replace: ["name"],
  required: ["name"],
  defaults: { comment: "Managed by Pulumi", forceDestroy: false },
  computed: ["arn", "zoneId", "nameServers", "primaryNameServer"],
  create: async ({ name, comment }, { route53, tags, created }) => {
    const made = await route53.createHostedZone({
      Name: name,
      CallerReference: `${name}-${Date.now()}`,
      HostedZoneConfig: { Comment: comment },
    });
    const id = created(zoneId(must(made.HostedZone?.Id, "HostedZone.Id")));
    if (Object.keys(tags).length > 0) await tagZone(id, tags, route53);
    return id;
  },
  read: async (Id, { route53 }) => {
    const found = await route53.getHostedZone({ Id });
    const { ResourceTagSet } = await route53.listTagsForResource({ ResourceType: "hostedzone", ResourceId: Id });
    const nameServers = found.DelegationSet?.NameServers ?? [];
    return {
      arn: `arn:aws:route53:::hostedzone/${Id}`,
      zoneId: Id,
      name: withoutDot(found.HostedZone?.Name),
      comment: found.HostedZone?.Config?.Comment ?? "",
      nameServers,
      primaryNameServer: first(nameServers),
      tagsAll: tagRecord(ResourceTagSet?.Tags),
    };
  },
  write: async (Id, { comment }, { route53 }) => {
    await route53.updateHostedZoneComment({ Id, Comment: comment });
  },
  tag: (id, tags, { route53 }) => tagZone(id, tags, route53),
  untag: (ResourceId, RemoveTagKeys, { route53 }) =>
    route53.changeTagsForResource({ ResourceType: "hostedzone", ResourceId, RemoveTagKeys }),
  delete: async (Id, { route53 }, { forceDestroy }) => {
    if (forceDestroy) {
      const { ResourceRecordSets = [] } = await route53.listResourceRecordSets({ HostedZoneId: Id });
      const own = ResourceRecordSets.filter(({ Type }) => Type !== "NS" && Type !== "SOA");
      const Changes = own.map((ResourceRecordSet) => ({ Action: "DELETE" as const, ResourceRecordSet }));
      if (Changes.length > 0) await route53.changeResourceRecordSets({ HostedZoneId: Id, ChangeBatch: { Changes } });
    }
    await route53.deleteHostedZone({ Id });
  },
});

const tagZone = (ResourceId: string, tags: Tags, route53: Context["route53"]) =>
  route53.changeTagsForResource({ ResourceType: "hostedzone", ResourceId, AddTags: tagList(tags) });

type RecordInputs = In<route53.RecordArgs>;

/** Route 53 takes and answers texts in quotes, which the provider adds and takes away. */
const quoted = (type: string, text: string) => (type === "TXT" && !text.startsWith('"') ? `"${text}"` : text);
const unquoted = (type: string, text: string) => (type === "TXT" ? text.replace(/^"(.*)"$/, "$1") : text);

function recordSet(inputs: RecordInputs) {
  const alias = first(inputs.aliases);
  return {
    Name: inputs.name,
    Type: inputs.type as "A",
    SetIdentifier: inputs.setIdentifier,
    Weight: first(inputs.weightedRoutingPolicies)?.weight,
    ...(alias
      ? {
          AliasTarget: {
            DNSName: alias.name,
            HostedZoneId: alias.zoneId,
            EvaluateTargetHealth: alias.evaluateTargetHealth,
          },
        }
      : { TTL: inputs.ttl, ResourceRecords: inputs.records?.map((text) => ({ Value: quoted(inputs.type, text) })) }),
  };
}

const change = (HostedZoneId: string, { route53 }: Context, ...Changes: readonly Change[]) =>
  route53.changeResourceRecordSets({ HostedZoneId, ChangeBatch: { Changes: [...Changes] } });

/** A record is known by its name, type and, where there are several of these, an identifier. */
async function findRecord({ zoneId: HostedZoneId, name, type, setIdentifier }: RecordInputs, { route53 }: Context) {
  const { ResourceRecordSets = [] } = await route53.listResourceRecordSets({
    HostedZoneId,
    StartRecordName: name,
    StartRecordType: type as "A",
    MaxItems: setIdentifier === undefined ? 1 : 100,
  });
  const dotless = (text: string | undefined) => withoutDot(text)?.toLowerCase();
  return ResourceRecordSets.find(
    (one) => dotless(one.Name) === dotless(name) && one.Type === type && one.SetIdentifier === setIdentifier,
  );
}

const record = row<route53.RecordArgs, route53.Record>({
  update: ["ttl", "records", "aliases", "allowOverwrite", "setIdentifier", "weightedRoutingPolicies"],
  replace: ["zoneId", "name", "type"],
  required: ["zoneId", "name", "type"],
  computed: ["fqdn"],
  create: async (inputs, aws) => {
    const Action = inputs.allowOverwrite ? "UPSERT" : "CREATE";
    await change(inputs.zoneId, aws, { Action, ResourceRecordSet: recordSet(inputs) });
    return [inputs.zoneId, inputs.name, inputs.type, ...(inputs.setIdentifier ? [inputs.setIdentifier] : [])].join("_");
  },
  read: async (_id, aws, state) => {
    const found = await findRecord(state as RecordInputs, aws);
    if (found === undefined) return undefined;
    const { AliasTarget: alias, Weight } = found;
    return {
      fqdn: withoutDot(found.Name),
      ...(found.TTL !== undefined && { ttl: found.TTL }),
      ...(Weight !== undefined && { weightedRoutingPolicies: [{ weight: Weight }] }),
      ...(found.ResourceRecords?.length && {
        records: found.ResourceRecords.map(({ Value }) => unquoted(state.type, Value ?? "")),
      }),
      ...(alias && {
        aliases: [
          {
            name: withoutDot(alias.DNSName) ?? "",
            zoneId: alias.HostedZoneId ?? "",
            evaluateTargetHealth: alias.EvaluateTargetHealth ?? false,
          },
        ],
      }),
    };
  },
  // One that gets another identifier is another to Route 53: the old one goes in the batch that brings the new one.
  write: async (_id, inputs, aws, { old, changed }) => {
    const ResourceRecordSet = recordSet(inputs);
    if (!changed("setIdentifier")) await change(inputs.zoneId, aws, { Action: "UPSERT", ResourceRecordSet });
    else
      await change(
        inputs.zoneId,
        aws,
        { Action: "DELETE", ResourceRecordSet: recordSet(old) },
        { Action: inputs.allowOverwrite ? "UPSERT" : "CREATE", ResourceRecordSet },
      );
    return undefined;
  },
  // As it is now: a weight may have been changed meanwhile.
  delete: async (_id, aws, state) => {
    const found = await findRecord(state as RecordInputs, aws);
    if (found) await change(state.zoneId, aws, { Action: "DELETE", ResourceRecordSet: found });
  },
});

export const domainRows: Rows = {
  "aws:acm/certificate:Certificate": certificate,
  "aws:acm/certificateValidation:CertificateValidation": certificateValidation,
  "aws:route53/zone:Zone": zone,
  "aws:route53/record:Record": record,
};

export const domainFunctions: Functions = {
  "aws:route53/getZone:getZone": fn<route53.GetZoneArgs, route53.GetZoneResult>(async (args, { route53 }) => {
    const { HostedZones = [] } = args.zoneId
      ? { HostedZones: [must((await route53.getHostedZone({ Id: args.zoneId })).HostedZone, "HostedZone")] }
      : await route53.listHostedZonesByName({ DNSName: args.name });
    const wanted = (one: (typeof HostedZones)[number]) =>
      (args.zoneId !== undefined || withoutDot(one.Name) === withoutDot(args.name)) &&
      (one.Config?.PrivateZone ?? false) === (args.privateZone ?? false);
    const found = HostedZones.find(wanted);
    if (!found) {
      const where = `aws:route53/getZone ${args.name ?? args.zoneId}`;
      throw new ProviderError("invalid-input", { where, what: "no matching Route 53 Hosted Zone found" });
    }
    const id = zoneId(found.Id);
    const { DelegationSet } = await route53.getHostedZone({ Id: id });
    return {
      id,
      zoneId: id,
      arn: `arn:aws:route53:::hostedzone/${id}`,
      name: withoutDot(found.Name),
      comment: found.Config?.Comment ?? "",
      privateZone: found.Config?.PrivateZone ?? false,
      nameServers: DelegationSet?.NameServers ?? [],
      resourceRecordSetCount: found.ResourceRecordSetCount ?? 0,
      tags: {},
    };
  }),
};
