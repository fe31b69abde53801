import { type Findings, type Inputs, resourceRule } from "../rule.ts";
import { given, isTrue } from "../unknown.ts";
import { eachType } from "./each-type.ts";

/** One of a machine's block devices, or a volume of its own. */
interface Disk {
  readonly encrypted?: boolean | string;
  readonly snapshotId?: string;
}

type Devices = Pick<Inputs<"aws:ec2/instance:Instance">, "rootBlockDevice" | "ebsBlockDevices">;

const stated = eachType({
  "aws:ebs/volume:Volume": (volume) => plain("encrypted", volume),
  "aws:ebs/snapshotCopy:SnapshotCopy": (copy) => plain("encrypted", copy),
  "aws:ec2/amiCopy:AmiCopy": (copy) => plain("encrypted", copy),
  "aws:ec2/instance:Instance": devices,
  "aws:ec2/launchConfiguration:LaunchConfiguration": devices,
  "aws:ec2/spotInstanceRequest:SpotInstanceRequest": devices,
  *"aws:ec2/launchTemplate:LaunchTemplate"({ blockDeviceMappings }) {
    for (const [index, { ebs }] of (blockDeviceMappings ?? []).entries()) {
      const why = ebs === undefined ? undefined : plain(`blockDeviceMappings[${index}].ebs.encrypted`, ebs);
      if (why !== undefined) yield why;
    }
  },
});

const left = eachType({
  "aws:ec2/instance:Instance": rootIsStated,
  "aws:ec2/launchConfiguration:LaunchConfiguration": rootIsStated,
  "aws:ec2/spotInstanceRequest:SpotInstanceRequest": rootIsStated,
  "aws:ec2/launchTemplate:LaunchTemplate": (template) =>
    (template.blockDeviceMappings ?? []).length > 0 ? undefined : "blockDeviceMappings say nothing of the root disk",
});

export const diskRules = [
  resourceRule(stated.types, {
    name: "disks-encrypted",
    level: "mandatory",
    severity: "high",
    controls: ["EC2.3", "CKV_AWS_3", "CKV_AWS_8", "CKV_AWS_235"],
    title: "Machines' disks and their copies are encrypted",
    why: "A disk in plain text is read by whoever gets at a snapshot of it.",
    fix: "Set encrypted to true; a disk made from a snapshot may leave it out, and is encrypted as the snapshot is.",
    check: stated.check,
  }),
  resourceRule(left.types, {
    name: "root-disks-stated",
    level: "advisory",
    severity: "medium",
    controls: ["EC2.3", "CKV_AWS_8"],
    title: "Machines say that their root disk is encrypted",
    why: "Otherwise the image and the account's default decide, which neither the plan nor a review shows.",
    fix: "Set encrypted to true in rootBlockDevice, or in the template's blockDeviceMappings.",
    check: left.check,
  }),
];

function* devices({ rootBlockDevice, ebsBlockDevices }: Devices): Iterable<string> {
  const all: [at: string, disk: Disk][] = (ebsBlockDevices ?? []).map((disk, index) => [
    `ebsBlockDevices[${index}]`,
    disk as Disk,
  ]);
  if (rootBlockDevice !== undefined) all.unshift(["rootBlockDevice", rootBlockDevice as Disk]);
  for (const [at, disk] of all) {
    const why = plain(`${at}.encrypted`, disk);
    if (why !== undefined) yield why;
  }
}

function rootIsStated({ rootBlockDevice }: Devices): Findings {
  return rootBlockDevice === undefined ? "rootBlockDevice is missing" : undefined;
}

function plain(at: string, disk: Disk): string | undefined {
  if (isTrue(disk.encrypted) || (disk.encrypted === undefined && given(disk, "snapshotId"))) return undefined;
  return `${at} is not true`;
}
