/** Questions to the logs, in CloudWatch Logs Insights' query language. Services log a JSON object a line (images/base). */
export const savedQueries: readonly {
  readonly name: string;
  readonly of: "services" | "migrations";
  readonly text: string;
}[] = [
  {
    name: "errors",
    of: "services",
    text: 'fields @timestamp, version, message, trace, @log, @logStream | filter level = "error" | sort @timestamp desc | limit 200',
  },
  {
    name: "errors-by-version",
    of: "services",
    text: 'filter level = "error" | stats count(*) as errors by version, bin(5m) as since | sort since desc',
  },
  {
    name: "migrations",
    of: "migrations",
    text: "fields @timestamp, @message | sort @timestamp desc | limit 200",
  },
];
