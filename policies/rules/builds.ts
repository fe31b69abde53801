import { parseDocument } from "yaml";
import { looksSecret } from "../../programs/plaintext.ts";
import { resourceRule } from "../rule.ts";
import { setting } from "../settings.ts";
import { given, isTrue } from "../unknown.ts";
import { secretInScript, shown } from "./plaintext.ts";

const project = "aws:codebuild/project:Project";

export const buildRules = [
  resourceRule(project, {
    name: "codebuild-no-plaintext-secrets",
    level: "mandatory",
    severity: "critical",
    controls: ["CodeBuild.2"],
    title: "Builds have no secrets among their variables",
    why: "A project's variables are readable to many, and shown in every build.",
    fix: "Give the variable the type SECRETS_MANAGER.",
    check: function* ({ environment, source, secondarySources }) {
      for (const { name, value, type } of environment.environmentVariables ?? []) {
        const why = (type ?? "") === "" || type === "PLAINTEXT" ? looksSecret(name, value) : undefined;
        if (why !== undefined) yield `environment.environmentVariables ${shown(name)} ${why}`;
      }
      for (const [at, { buildspec }] of sourcesOf(source, secondarySources)) {
        const why = secretInBuildspec(buildspec ?? "");
        if (why !== undefined) yield `${at}.buildspec ${why}`;
      }
    },
  }),
  resourceRule(project, {
    name: "codebuild-source-credentials",
    level: "mandatory",
    severity: "critical",
    controls: ["CodeBuild.1"],
    title: "Sources are fetched without credentials in their address",
    why: "An address is shown in every build, and kept in state and plans.",
    fix: "Take user and token out of source.location, and connect the repository by CodeConnections or OAuth.",
    check: function* ({ source, secondarySources }) {
      for (const [at, { location }] of sourcesOf(source, secondarySources))
        if (/^[a-z][a-z0-9+.-]*:\/\/[^/@\s]+@/i.test(location ?? "") && !/^ssh:/i.test(location ?? ""))
          yield `${at}.location holds credentials`;
    },
  }),
  resourceRule(project, {
    name: "codebuild-logging",
    level: "mandatory",
    severity: "medium",
    controls: ["CodeBuild.4", "CKV_AWS_314"],
    title: "Builds keep a log",
    why: "What a build did is otherwise known to nobody.",
    fix: "Enable logsConfig.cloudwatchLogs or logsConfig.s3Logs.",
    check: ({ logsConfig }) =>
      (logsConfig?.cloudwatchLogs?.status ?? "ENABLED") === "ENABLED" || logsConfig?.s3Logs?.status === "ENABLED"
        ? undefined
        : "logsConfig switches every log off",
  }),
  resourceRule(project, {
    name: "codebuild-not-privileged",
    level: "mandatory",
    severity: "high",
    controls: ["CodeBuild.5", "CKV_AWS_316"],
    title: "Only image builders run privileged",
    why: "A privileged build is root on the machine under it.",
    fix: "Leave environment.privilegedMode out, or name the project among imageBuilders.",
    settings: {
      imageBuilders: setting.strings(
        ["image-builder-arm64", "image-builder-amd64"],
        "Names of the projects that build images",
      ),
    },
    check: ({ environment }, { name, settings }) =>
      isTrue(environment.privilegedMode) && !settings.imageBuilders.includes(name)
        ? "environment.privilegedMode is true"
        : undefined,
  }),
  resourceRule(project, {
    name: "codebuild-logs-encrypted",
    level: "advisory",
    severity: "low",
    controls: ["CodeBuild.3"],
    title: "Build logs in buckets are encrypted",
    why: "Build logs hold more than anybody meant to print.",
    fix: "Leave logsConfig.s3Logs.encryptionDisabled out.",
    check: ({ logsConfig }) =>
      isTrue(logsConfig?.s3Logs?.encryptionDisabled) ? "logsConfig.s3Logs.encryptionDisabled is true" : undefined,
  }),
  resourceRule(project, {
    name: "codebuild-own-key",
    level: "advisory",
    severity: "low",
    controls: ["CKV_AWS_147"],
    title: "Build artifacts are encrypted with a key of the platform",
    why: "The AWS key cannot be limited to some roles or withdrawn.",
    fix: "Set encryptionKey.",
    check: (one) => (given(one, "encryptionKey") ? undefined : "encryptionKey is missing"),
  }),
  resourceRule(project, {
    name: "codebuild-artifacts-encrypted",
    level: "mandatory",
    severity: "medium",
    controls: ["CKV_AWS_78", "AWS-0018"],
    title: "Build artifacts are encrypted",
    why: "Artifacts are what runs next, and often hold what configures it.",
    fix: "Leave artifacts.encryptionDisabled out.",
    check: function* ({ artifacts, secondaryArtifacts }) {
      const all = [
        ["artifacts", artifacts] as const,
        ...(secondaryArtifacts ?? []).map((one, index) => [`secondaryArtifacts[${index}]`, one] as const),
      ];
      for (const [at, one] of all)
        if (isTrue(one?.encryptionDisabled) && one?.type !== "NO_ARTIFACTS") yield `${at}.encryptionDisabled is true`;
    },
  }),
  resourceRule("aws:codebuild/reportGroup:ReportGroup", {
    name: "codebuild-reports-encrypted",
    level: "mandatory",
    severity: "medium",
    controls: [],
    url: "https://docs.aws.amazon.com/codebuild/latest/userguide/report-group-export-settings.html",
    title: "Exported build reports are encrypted",
    why: "Reports quote the code under test, and what it said when it failed.",
    fix: "Leave exportConfig.s3Destination.encryptionDisabled out.",
    check: ({ exportConfig }) =>
      isTrue(exportConfig.s3Destination?.encryptionDisabled)
        ? "exportConfig.s3Destination.encryptionDisabled is true"
        : undefined,
  }),
];

interface Source {
  readonly location?: string;
  readonly buildspec?: string;
}

function sourcesOf(
  source: Source | undefined,
  others: readonly Source[] | undefined,
): readonly (readonly [string, Source])[] {
  const all = (others ?? []).map((one, index) => [`secondarySources[${index}]`, one] as const);
  return source === undefined ? all : [["source", source] as const, ...all];
}

/** A buildspec written out, as YAML or JSON; the name of a file says nothing. */
function secretInBuildspec(text: string): string | undefined {
  if (!text.includes(":") || text.startsWith("arn:")) return undefined;
  const document = parseDocument(text);
  const content: unknown = document.errors.length > 0 ? undefined : document.toJS();
  if (typeof content !== "object" || content === null) return secretInScript(text);
  const { env, phases } = content as { env?: { variables?: Record<string, unknown> }; phases?: object };
  for (const [name, value] of Object.entries(env?.variables ?? {})) {
    const why = looksSecret(name, String(value));
    if (why !== undefined) return `env.variables ${shown(name)} ${why}`;
  }
  for (const command of textsIn(phases)) {
    const why = secretInScript(command);
    if (why !== undefined) return why;
  }
  return undefined;
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
