import * as z from "zod";
import { integer } from "../validation.ts";
import { assumed } from "./assumed.ts";

/** What an estimate takes for use that no configuration says; each a month's. */
export const cost = z
  .strictObject({
    /** A month as AWS's own pricing examples count it. */
    hours: integer(1, 744, "hours a month").default(assumed.hours),
    /** Through each NAT gateway. */
    natGb: integer(0, 1_000_000, "GB through a NAT gateway").default(assumed.natGb),
    /** Capacity units the load balancer uses on average, in hundredths. */
    lcuHundredths: integer(0, 100_000, "hundredths of a capacity unit").default(assumed.lcuHundredths),
    /** To the internet. */
    egressGb: integer(0, 1_000_000, "GB to the internet").default(assumed.egressGb),
    /** Written to each log group, and kept of it. */
    logGb: integer(0, 100_000, "GB of logs").default(assumed.logGb),
    /** In each bucket. */
    storedGb: integer(0, 1_000_000, "GB in a bucket").default(assumed.storedGb),
    /** Of the migration function, all runs together. */
    migrationSeconds: integer(0, 1_000_000, "seconds of migrations").default(assumed.migrationSeconds),
    /** Requests that a web application firewall looks at, where there is one. */
    wafMillionRequests: integer(0, 1_000_000, "millions of requests").default(assumed.wafMillionRequests),
    /** Of each service that is traced. */
    thousandTraces: integer(0, 1_000_000, "thousands of traces").default(assumed.thousandTraces),
    /** To readers of public files, where there is a CDN, and their requests. */
    cdnGb: integer(0, 1_000_000, "GB through a CDN").default(assumed.cdnGb),
    cdnMillionRequests: integer(0, 1_000_000, "millions of requests").default(assumed.cdnMillionRequests),
    /** On each topic: alarms, or what became of mail; each goes to every subscriber. */
    topicMessages: integer(0, 100_000_000, "messages on a topic").default(assumed.topicMessages),
    /** Of an environment that sends mail, each recipient of a message counted. */
    thousandMails: integer(0, 1_000_000, "thousands of mails").default(assumed.thousandMails),
    /** Of each of the runner's machines of builds. */
    buildMinutes: integer(0, 1_000_000, "minutes of builds").default(assumed.buildMinutes),
    /** Of each of the runner's state machines. */
    thousandTransitions: integer(0, 1_000_000, "thousands of transitions").default(assumed.thousandTransitions),
    /** Of the runner's notifier, all messages together. */
    notifierSeconds: integer(0, 10_000_000, "seconds of the notifier").default(assumed.notifierSeconds),
    /** Above it `switchyard cost` fails, and a guardrail refuses the update; no maximum when absent. */
    maxMonthlyUsd: integer(1, 10_000_000, "US dollars a month").optional(),
  })
  .prefault({});

export type CostConfig = z.output<typeof cost>;
