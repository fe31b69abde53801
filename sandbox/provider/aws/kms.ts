import type { CreateKeyRequest, KeyMetadata } from "@aws-sdk/client-kms";
import type { kms } from "@pulumi/aws";
import { type Context, type Rows, row, type Tags } from "../row.ts";
import { fields } from "./shapes.ts";
import { asJson, must } from "./shared.ts";

type Rotation = { enableKeyRotation?: boolean; rotationPeriodInDays?: number };

async function rotate(KeyId: string, { enableKeyRotation, rotationPeriodInDays }: Rotation, { kms }: Context) {
  if (enableKeyRotation) await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: rotationPeriodInDays });
  else await kms.disableKeyRotation({ KeyId });
}

const keyTags = (tags: Tags) => Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));

const keyFields = fields<kms.Key, CreateKeyRequest, KeyMetadata>({
  alike: ["description", "keyUsage", "multiRegion"],
  renamed: { customerMasterKeySpec: "KeySpec" },
  outputs: ["arn", "keyId"],
});

const key = row<kms.KeyArgs, kms.Key>({
  update: [
    "description",
    "policy",
    "enableKeyRotation",
    "rotationPeriodInDays",
    "isEnabled",
    "deletionWindowInDays",
    "bypassPolicyLockoutSafetyCheck",
  ],
  replace: ["keyUsage", "customerMasterKeySpec", "multiRegion"],
  defaults: {
    keyUsage: "ENCRYPT_DECRYPT",
    customerMasterKeySpec: "SYMMETRIC_DEFAULT",
    isEnabled: true,
    bypassPolicyLockoutSafetyCheck: false,
  },
  computed: ["arn", "keyId", "policy", "description", "multiRegion", "rotationPeriodInDays"],
  create: async (inputs, aws) => {
    const made = await aws.kms.createKey({
      ...keyFields.request(inputs),
      ...(inputs.policy && { Policy: asJson(inputs.policy) }),
      BypassPolicyLockoutSafetyCheck: inputs.bypassPolicyLockoutSafetyCheck,
      Tags: keyTags(aws.tags),
    });
    const id = aws.created(must(made.KeyMetadata?.KeyId, "KeyId"));
    if (inputs.enableKeyRotation) await rotate(id, inputs, aws);
    if (inputs.isEnabled === false) await aws.kms.disableKey({ KeyId: id });
    return id;
  },
  read: async (id, { kms }) => {
    const { KeyMetadata: found } = await kms.describeKey({ KeyId: id });
    if (!found || found.KeyState?.startsWith("Pending")) return undefined;
    const [policy, rotation, tags] = await Promise.all([
      kms.getKeyPolicy({ KeyId: id, PolicyName: "default" }),
      kms.getKeyRotationStatus({ KeyId: id }),
      kms.listResourceTags({ KeyId: id }),
    ]);
    return {
      ...keyFields.state(found),
      multiRegion: found.MultiRegion ?? false,
      isEnabled: found.Enabled,
      policy: policy.Policy,
      enableKeyRotation: rotation.KeyRotationEnabled ?? false,
      ...(rotation.RotationPeriodInDays && { rotationPeriodInDays: rotation.RotationPeriodInDays }),
      tagsAll: Object.fromEntries((tags.Tags ?? []).map(({ TagKey, TagValue }) => [TagKey ?? "", TagValue ?? ""])),
    };
  },
  write: async (KeyId, inputs, aws, { changed }) => {
    if (changed("description")) await aws.kms.updateKeyDescription({ KeyId, Description: inputs.description ?? "" });
    if (changed("policy") && inputs.policy) {
      await aws.kms.putKeyPolicy({ KeyId, PolicyName: "default", Policy: asJson(inputs.policy) });
    }
    if (changed("enableKeyRotation", "rotationPeriodInDays")) await rotate(KeyId, inputs, aws);
    if (changed("isEnabled")) await (inputs.isEnabled ? aws.kms.enableKey({ KeyId }) : aws.kms.disableKey({ KeyId }));
  },
  tag: (KeyId, tags, { kms }) => kms.tagResource({ KeyId, Tags: keyTags(tags) }),
  untag: (KeyId, TagKeys, { kms }) => kms.untagResource({ KeyId, TagKeys }),
  delete: (id, { kms }, { deletionWindowInDays }) =>
    kms.scheduleKeyDeletion({ KeyId: id, PendingWindowInDays: deletionWindowInDays ?? 30 }),
});

const alias = row<kms.AliasArgs, kms.Alias>({
  update: ["targetKeyId"],
  replace: ["name"],
  required: ["targetKeyId"],
  autoName: { key: "name", max: 256, prefix: "alias/" },
  computed: ["arn", "targetKeyArn"],
  equal: { targetKeyId: (a, b) => String(a).split("/").at(-1) === String(b).split("/").at(-1) },
  create: async ({ name, targetKeyId }, { kms }) => {
    await kms.createAlias({ AliasName: name, TargetKeyId: targetKeyId });
    return must(name, "the alias's name");
  },
  read: async (id, aws, { targetKeyId }) => {
    // Aliases can only be listed by key, or all of them.
    const pages = await listAliases(aws);
    const found = pages.find(({ AliasName }) => AliasName === id);
    const account = await aws.account();
    const target = found?.TargetKeyId ?? targetKeyId;
    return (
      found && {
        name: id,
        arn: found.AliasArn,
        targetKeyId: target,
        targetKeyArn: target?.startsWith("arn:") ? target : `arn:aws:kms:${aws.region}:${account}:key/${target}`,
      }
    );
  },
  write: async (id, { targetKeyId }, { kms }) => {
    await kms.updateAlias({ AliasName: id, TargetKeyId: targetKeyId });
  },
  delete: (id, { kms }) => kms.deleteAlias({ AliasName: id }),
});

async function listAliases({ kms }: Context) {
  const all = [];
  let Marker: string | undefined;
  do {
    const page = await kms.listAliases(Marker ? { Marker } : {});
    all.push(...(page.Aliases ?? []));
    Marker = page.Truncated ? page.NextMarker : undefined;
  } while (Marker);
  return all;
}

export const kmsRows: Rows = { "aws:kms/key:Key": key, "aws:kms/alias:Alias": alias };
