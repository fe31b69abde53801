/** The page itself, in the form of "Dashboard body structure and syntax" (Amazon CloudWatch API reference). */
import type { Begun, Colour } from "../../release.ts";

export interface DashboardParts {
  readonly region: string;
  /** `app/<name>/<id>`. */
  readonly balancer: string;
  readonly clusterName: string;
  readonly databaseIdentifier: string;
  readonly migrationFunctionName: string;
  /** Marked on the graphs of services. */
  readonly releases: readonly Begun[];
  /** Of what tells somebody. */
  readonly alarmArns: readonly string[];
  readonly services: Readonly<Record<string, DashboardService>>;
}

export interface DashboardService {
  /** One answer in a hundred may take so long. */
  readonly latencyMs: number;
  readonly colours: readonly {
    readonly colour: Colour;
    /** `targetgroup/<name>/<id>`. */
    readonly targetGroup: string;
    /** Of ECS; absent before the first image is staged. */
    readonly serviceName?: string | undefined;
  }[];
}

interface Options {
  readonly stat: string;
  readonly label: string;
  readonly color?: string;
  readonly yAxis?: "right";
}
/** Namespace, name, and each dimension's name and value. */
type Metric = readonly [...string[], Options];

interface Graph {
  readonly title: string;
  readonly metrics: readonly Metric[];
  readonly stacked?: boolean;
  /** A line across, at a value. */
  readonly line?: { readonly label: string; readonly value: number };
  /** Whether releases are marked on it. */
  readonly marked?: boolean;
}

/** A dashboard is so many units wide; a graph takes a quarter of it. */
const width = 6;
const height = 6;

const paint: Readonly<Record<Colour, string>> = { blue: "#1f77b4", green: "#2ca02c" };

export function dashboardBody(parts: DashboardParts): string {
  const rows = [...Object.entries(parts.services).map(([name, each]) => serviceRow(name, each, parts)), dataRow(parts)];
  const alarms = { type: "alarm", x: 0, y: 0, width: 24, height: 3 };
  const widgets = rows.flatMap((graphs, row) =>
    graphs.map((graph, column) => ({
      type: "metric",
      ...{ x: column * width, y: alarms.height + row * height, width, height },
      properties: {
        title: graph.title,
        region: parts.region,
        view: "timeSeries",
        stacked: graph.stacked ?? false,
        period: 60,
        metrics: graph.metrics,
        ...annotationsOf(graph, parts.releases),
      },
    })),
  );
  return JSON.stringify({
    widgets: [{ ...alarms, properties: { title: "Alarms", alarms: parts.alarmArns } }, ...widgets],
  });
}

function annotationsOf({ line, marked }: Graph, releases: readonly Begun[]) {
  const vertical = marked === true ? releases.map(({ version, at }) => ({ label: version, value: at })) : [];
  if (line === undefined && vertical.length === 0) return {};
  return { annotations: { ...(line && { horizontal: [line] }), ...(vertical.length > 0 && { vertical }) } };
}

function serviceRow(name: string, service: DashboardService, parts: DashboardParts): readonly Graph[] {
  const ofGroups = (metric: string, stat: string, label = "", dashed = false): readonly Metric[] =>
    service.colours.map(({ colour, targetGroup }) => [
      "AWS/ApplicationELB",
      metric,
      "LoadBalancer",
      parts.balancer,
      "TargetGroup",
      targetGroup,
      { stat, label: `${colour}${label}`, ...(!dashed && { color: paint[colour] }) },
    ]);
  const ofTasks = (metric: string, label: string): readonly Metric[] =>
    service.colours.flatMap(({ colour, serviceName }): readonly Metric[] =>
      serviceName === undefined
        ? []
        : [
            [
              "AWS/ECS",
              metric,
              "ClusterName",
              parts.clusterName,
              "ServiceName",
              serviceName,
              { stat: "Average", label: `${colour} ${label}` },
            ],
          ],
    );
  const limit = { label: "alarm at p99", value: service.latencyMs / 1000 };
  const saturation = [...ofTasks("CPUUtilization", "CPU"), ...ofTasks("MemoryUtilization", "memory")];
  const graphs: readonly Graph[] = [
    { title: `${name}: requests a minute by colour`, metrics: ofGroups("RequestCount", "Sum"), stacked: true },
    { title: `${name}: 5xx answers a minute`, metrics: ofGroups("HTTPCode_Target_5XX_Count", "Sum") },
    {
      title: `${name}: seconds an answer takes`,
      metrics: [
        ...ofGroups("TargetResponseTime", "p99", " p99"),
        ...ofGroups("TargetResponseTime", "p50", " p50", true),
      ],
      line: limit,
    },
    ...(saturation.length === 0 ? [] : [{ title: `${name}: percent of CPU and memory in use`, metrics: saturation }]),
  ];
  return graphs.map((graph) => ({ ...graph, marked: true }));
}

function dataRow(parts: DashboardParts): readonly Graph[] {
  const database = (metric: string, label: string, more: Partial<Options> = {}): Metric => [
    "AWS/RDS",
    metric,
    "DBInstanceIdentifier",
    parts.databaseIdentifier,
    { stat: "Average", label, ...more },
  ];
  const migrations = (metric: string, stat: string, label: string, more: Partial<Options> = {}): Metric => [
    "AWS/Lambda",
    metric,
    "FunctionName",
    parts.migrationFunctionName,
    { stat, label, ...more },
  ];
  return [
    {
      title: "Database: percent of CPU, and connections",
      metrics: [
        database("CPUUtilization", "CPU"),
        database("DatabaseConnections", "connections", { stat: "Maximum", yAxis: "right" }),
      ],
    },
    {
      title: "Database: bytes of storage and memory left",
      metrics: [database("FreeStorageSpace", "storage"), database("FreeableMemory", "memory", { yAxis: "right" })],
    },
    {
      title: "Database: seconds a read and a write take",
      metrics: [database("ReadLatency", "read"), database("WriteLatency", "write")],
    },
    {
      title: "Migrations: runs, errors and milliseconds",
      metrics: [
        migrations("Invocations", "Sum", "runs"),
        migrations("Errors", "Sum", "errors"),
        migrations("Duration", "Maximum", "longest", { yAxis: "right" }),
      ],
    },
  ];
}
