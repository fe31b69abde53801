import { resourceRule } from "../rule.ts";
import { everyContainer, privilegesOf, readContainers, runsAsRoot, sharedWithHost } from "./containers.ts";
import { secretsIn } from "./plaintext.ts";

const task = "aws:ecs/taskDefinition:TaskDefinition";
const service = "aws:ecs/service:Service";
const cluster = "aws:ecs/cluster:Cluster";

export const ecsRules = [
  resourceRule(service, {
    name: "ecs-service-private",
    level: "mandatory",
    severity: "high",
    controls: ["ECS.2", "CKV_AWS_333"],
    title: "Tasks of services have no public address",
    why: "A public address goes around the load balancer and everything it checks.",
    fix: "Leave networkConfiguration.assignPublicIp false and use private subnets.",
    check: ({ networkConfiguration }) =>
      networkConfiguration?.assignPublicIp === true ? "networkConfiguration.assignPublicIp is true" : undefined,
  }),
  resourceRule("aws:ecs/taskSet:TaskSet", {
    name: "ecs-task-set-private",
    level: "mandatory",
    severity: "high",
    controls: ["ECS.16"],
    title: "Tasks of task sets have no public address",
    why: "A public address goes around the load balancer and everything it checks.",
    fix: "Leave networkConfiguration.assignPublicIp false and use private subnets.",
    check: ({ networkConfiguration }) =>
      networkConfiguration?.assignPublicIp === true ? "networkConfiguration.assignPublicIp is true" : undefined,
  }),
  resourceRule(task, {
    name: "ecs-not-privileged",
    level: "mandatory",
    severity: "critical",
    controls: ["ECS.4", "CKV_AWS_334"],
    title: "Containers run without the host's privileges",
    why: "A privileged container is root on the machine under it.",
    fix: "Leave privileged out, and add no capabilities.",
    check: everyContainer(privilegesOf),
  }),
  resourceRule(task, {
    name: "ecs-read-only-root",
    level: "mandatory",
    severity: "high",
    controls: ["ECS.5", "CKV_AWS_336"],
    title: "Containers cannot write to their own file system",
    why: "What breaks in cannot stay, and cannot change what runs.",
    fix: "Set readonlyRootFilesystem to true, and mount a volume where something must be written.",
    check: everyContainer(({ readOnlyRoot }) => (readOnlyRoot ? undefined : "has a writable root file system")),
  }),
  resourceRule(task, {
    name: "ecs-no-credentials-in-environment",
    level: "mandatory",
    severity: "critical",
    controls: ["ECS.8", "AWS-0036"],
    title: "No container is given AWS credentials as variables",
    why: "Task definitions are readable to many, and never forgotten.",
    fix: "Give the rights to the task role.",
    check: everyContainer(({ environment }) =>
      environment.some(({ name }) =>
        ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "ECS_ENGINE_AUTH_DATA"].includes(name),
      )
        ? "is given credentials as environment variables"
        : undefined,
    ),
  }),
  resourceRule(task, {
    name: "ecs-no-plaintext-secrets",
    level: "mandatory",
    severity: "critical",
    controls: ["AWS-0036"],
    title: "No container is given a secret in plain text",
    why: "Task definitions are readable to many, never forgotten, and kept in state and plans.",
    fix: "Keep the value in Secrets Manager and name it in the container's secrets.",
    check: function* ({ containerDefinitions }) {
      const { list, problem } = readContainers(containerDefinitions);
      if (problem !== undefined) yield problem;
      for (const container of list) yield* secretsIn(container);
    },
  }),
  resourceRule(task, {
    name: "ecs-logging",
    level: "mandatory",
    severity: "medium",
    controls: ["ECS.9"],
    title: "Every container logs",
    why: "Without a log driver its last words go with the task.",
    fix: "Set logConfiguration with the awslogs driver.",
    check: everyContainer(({ logDriver }) =>
      ["", "none"].includes(logDriver ?? "") ? "has no logConfiguration with a driver that keeps anything" : undefined,
    ),
  }),
  resourceRule(task, {
    name: "ecs-not-root",
    level: "mandatory",
    severity: "medium",
    controls: ["ECS.20"],
    title: "Containers run as a user without privileges",
    why: "Root inside is one kernel fault away from root outside.",
    fix: "Set user to a numeric id other than 0.",
    check: everyContainer((container) => (runsAsRoot(container) ? "runs as root" : undefined)),
  }),
  resourceRule(task, {
    name: "ecs-own-processes",
    level: "mandatory",
    severity: "high",
    controls: ["ECS.3", "CKV_AWS_335"],
    title: "Tasks do not share the host's processes or memory",
    why: "What shares them sees and stops every other process of the machine.",
    fix: "Leave pidMode and ipcMode out.",
    check: function* (definition) {
      for (const shared of sharedWithHost(definition)) yield `${shared} is host`;
      for (const container of readContainers(definition.containerDefinitions).list)
        for (const shared of container.sharedWithHost) yield `${container.at} has ${shared} host`;
    },
  }),
  resourceRule(task, {
    name: "ecs-no-host-files",
    level: "mandatory",
    severity: "high",
    controls: [],
    url: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-tasks-containers.html",
    title: "Tasks mount nothing of the machine they run on",
    why: "The machine's files hold the other tasks' secrets, and its socket of Docker starts anything as root.",
    fix: "Leave volumes' hostPath out; use a volume of the task, or EFS.",
    check: function* ({ volumes = [] }) {
      for (const [index, { hostPath = "" }] of volumes.entries())
        if (hostPath !== "") yield `volumes[${index}].hostPath is set`;
    },
  }),
  resourceRule(task, {
    name: "ecs-efs-encrypted",
    level: "mandatory",
    severity: "high",
    controls: ["AWS-0035", "CKV_AWS_97"],
    title: "File systems are mounted over TLS",
    why: "Files otherwise cross the network in plain text.",
    fix: "Set volumes' efsVolumeConfiguration.transitEncryption to ENABLED.",
    check: function* ({ volumes }) {
      for (const [index, { efsVolumeConfiguration: efs }] of (volumes ?? []).entries())
        if (efs !== undefined && efs.transitEncryption !== "ENABLED")
          yield `volumes[${index}].efsVolumeConfiguration.transitEncryption is not ENABLED`;
    },
  }),
  resourceRule(task, {
    name: "ecs-distinct-roles",
    level: "mandatory",
    severity: "high",
    controls: ["CKV_AWS_249"],
    title: "The task's role is not the execution role",
    why: "The application would hold what only the agent needs: registry, logs and every secret.",
    fix: "Give executionRoleArn and taskRoleArn two roles.",
    check: ({ executionRoleArn, taskRoleArn }) =>
      (executionRoleArn ?? "") !== "" && executionRoleArn === taskRoleArn
        ? "taskRoleArn is executionRoleArn"
        : undefined,
  }),
  resourceRule(task, {
    name: "ecs-image-by-digest",
    level: "mandatory",
    severity: "high",
    controls: [],
    url: "https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-image-by-digest.html",
    title: "Containers run images known by digest",
    why: "A tag can change between two tasks of one release.",
    fix: "Refer to the image as <repository>@sha256:<digest>.",
    check: everyContainer(({ image }) =>
      /@sha256:[a-f0-9]{64}$/.test(image ?? "") ? undefined : "names its image without a digest",
    ),
  }),
  resourceRule(task, {
    name: "ecs-awsvpc",
    level: "mandatory",
    severity: "high",
    controls: ["ECS.17"],
    title: "Tasks have a network interface of their own",
    why: "Security groups can tell tasks apart only in awsvpc mode.",
    fix: "Set networkMode to awsvpc.",
    check: ({ networkMode }) => (networkMode === "awsvpc" ? undefined : "networkMode is not awsvpc"),
  }),
  resourceRule(service, {
    name: "ecs-latest-platform",
    level: "advisory",
    severity: "medium",
    controls: ["ECS.10", "CKV_AWS_332"],
    title: "Services run on the latest Fargate platform",
    why: "Older platforms miss fixes of the kernel and the agent.",
    fix: "Leave platformVersion out.",
    check: ({ platformVersion }) =>
      (platformVersion ?? "LATEST") === "LATEST" ? undefined : "platformVersion is pinned",
  }),
  resourceRule(cluster, {
    name: "ecs-container-insights",
    level: "advisory",
    severity: "medium",
    controls: ["ECS.12", "CKV_AWS_65"],
    title: "Clusters record container metrics",
    why: "Without them a task that runs out of memory is seen only as a restart.",
    fix: "Set the cluster setting containerInsights to enabled or enhanced.",
    check: ({ settings }) =>
      (settings ?? []).some(({ name, value }) => name === "containerInsights" && value !== "disabled")
        ? undefined
        : "settings does not enable containerInsights",
  }),
  resourceRule(cluster, {
    name: "ecs-exec-logged",
    level: "advisory",
    severity: "medium",
    controls: ["CKV_AWS_223"],
    title: "Commands run in containers are logged",
    why: "A shell in production leaves no other trace.",
    fix: "Set configuration.executeCommandConfiguration.logging to DEFAULT or OVERRIDE.",
    check: ({ configuration }) =>
      (configuration?.executeCommandConfiguration?.logging ?? "DEFAULT") === "NONE"
        ? "configuration.executeCommandConfiguration.logging is NONE"
        : undefined,
  }),
  resourceRule(service, {
    name: "ecs-circuit-breaker",
    level: "advisory",
    severity: "medium",
    controls: [],
    url: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html",
    title: "A deployment that cannot start its tasks stops and goes back",
    why: "Otherwise ECS starts failing tasks for as long as it is asked to.",
    fix: "Set deploymentCircuitBreaker to { enable: true, rollback: true }.",
    check: ({ deploymentCircuitBreaker }) =>
      deploymentCircuitBreaker?.enable === true && deploymentCircuitBreaker.rollback === true
        ? undefined
        : "deploymentCircuitBreaker does not stop and roll back",
  }),
];
