import { ephemeralMachine } from "../../../../programs/components/runner/machines/ephemeral.ts";
import {
  mergeMachine,
  planApplyMachine,
  planMachine,
  releaseMachine,
  runMachine,
} from "../../../../programs/components/runner/machines/machines.ts";
import { jobRoles, type Places, type SchedulePlaces } from "../../../../programs/components/runner/machines/places.ts";

const arn = (service: string, name: string) => `arn:aws:${service}:us-east-1:123456789012:${name}`;

export const places: Places = {
  partition: "aws",
  jobDefinitions: Object.fromEntries(
    jobRoles.map((role) => [role, arn("batch", `job-definition/switchyard-${role}:1`)]),
  ) as Places["jobDefinitions"],
  queues: { production: arn("batch", "job-queue/production"), preview: arn("batch", "job-queue/preview") },
  statusQueueUrl: "https://sqs.us-east-1.amazonaws.com/123456789012/switchyard-status",
  approvalSeconds: 86_400,
  deployStack: "production",
};

export const schedules: SchedulePlaces = {
  group: "switchyard-runner",
  roleArn: "arn:aws:iam::123456789012:role/switchyard-schedule",
  runMachineArn: arn("states", "stateMachine:switchyard-run"),
  deadLetterArn: arn("sqs", "switchyard-runner-schedules-dead"),
};

export const machines = {
  plan: planMachine(places),
  "plan-apply": planApplyMachine(places),
  merge: mergeMachine(places),
  release: releaseMachine(places),
  ephemeral: ephemeralMachine(places, schedules),
  run: runMachine(places),
};
