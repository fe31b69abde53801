import type { Aws } from "../aws/clients.ts";

/** Of the runner's jobs (programs/runner.ts). */
const jobGroup = "/switchyard/runner/jobs";

/** Streams of one log group, each line told once. Whoever follows need not have the right to read them. */
export interface StreamLogs {
  /**
   * What came since the last look; where it is, once, where it cannot be read.
   *
   * @param isWhole whether nothing more comes: what cannot be read before may be there at the next look
   */
  more(logStreamName: string, isWhole: boolean): Promise<readonly string[]>;
}

export interface JobNow {
  /** Its log's stream, once it runs. */
  readonly stream?: string | undefined;
  /** Why AWS Batch cannot start it, where it says so (AWS Batch, "Jobs stuck in a RUNNABLE status"). */
  readonly waits?: string | undefined;
}

/** The logs of an execution's jobs. */
export interface JobLogs extends StreamLogs {
  /** Of a job that has not ended; nothing for who may not ask. */
  of(jobId: string): Promise<JobNow>;
}

export function jobLogs(aws: Aws): JobLogs {
  return {
    ...streamLogs(aws, jobGroup),
    async of(jobId) {
      const { DescribeJobsCommand } = await import("@aws-sdk/client-batch");
      try {
        const { jobs } = await (await aws.client("batch")).send(new DescribeJobsCommand({ jobs: [jobId] }));
        const { status, statusReason, container } = jobs?.[0] ?? {};
        if (status === "RUNNABLE") return { waits: statusReason };
        // One that begins has a stream's name before there is anything in it, or a stream at all.
        return status === "RUNNING" ? { stream: container?.logStreamName } : {};
      } catch {
        return {};
      }
    },
  };
}

export function streamLogs(aws: Aws, logGroupName: string): StreamLogs {
  const cursors = new Map<string, string | undefined>();
  const refused = new Set<string>();
  return {
    async more(logStreamName, isWhole) {
      if (refused.has(logStreamName)) return [];
      const { GetLogEventsCommand } = await import("@aws-sdk/client-cloudwatch-logs");
      const lines: string[] = [];
      try {
        const client = await aws.client("logs");
        for (let nextToken = cursors.get(logStreamName); ; ) {
          const page = await client.send(
            new GetLogEventsCommand({ logGroupName, logStreamName, startFromHead: true, nextToken }),
          );
          lines.push(...(page.events ?? []).map(({ message = "" }) => message));
          cursors.set(logStreamName, page.nextForwardToken ?? nextToken);
          // At the end the same token is answered again (CloudWatch Logs API, GetLogEvents).
          if (page.nextForwardToken === undefined || page.nextForwardToken === nextToken) return lines;
          nextToken = page.nextForwardToken;
        }
      } catch (error) {
        if (!isWhole && (error as Error).name !== "AccessDeniedException") return lines;
        refused.add(logStreamName);
        return [...lines, `(its log is in ${logGroupName}, ${logStreamName}: ${(error as Error).name})`];
      }
    },
  };
}
