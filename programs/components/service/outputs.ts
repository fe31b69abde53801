import type { Setup } from "../../release.ts";
import type { SmokeCheck } from "../../service-config.ts";

/** A service as the driver knows it; keys are absent while there is no image yet. */
export interface ServiceOutputs {
  readonly path: string;
  readonly ruleArn: string;
  readonly previewRuleArn: string;
  /** URL of the repository its images come from. */
  readonly repository: string;
  readonly blue: ColourOutputs;
  readonly green: ColourOutputs;
  /** What the last `up` registered and a deploy would start. */
  readonly staged?: {
    readonly taskDefinitionArn: string;
    /** Fingerprint of image and configuration together. */
    readonly release: string;
    readonly image: string;
    readonly version: string;
    /** What the driver sets the colour up with before it starts it. */
    readonly setup: Setup;
  };
  readonly priority: number;
  readonly containerName: string;
  readonly containerPort: number;
  readonly logGroup: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupId: string;
  readonly healthCheckPath: string;
  readonly minCapacity: number;
  readonly maxCapacity: number;
  readonly desiredCount: number;
  readonly deregistrationDelaySeconds: number;
  readonly stopTimeoutSeconds: number;
  /** Of a rule that names both colours: the longest of what is configured and of what may serve. */
  readonly stickinessSeconds?: number;
  /** Services shift in this order, lowest first. */
  readonly order: number;
  readonly checks: readonly SmokeCheck[];
}

export interface ColourOutputs {
  readonly serviceName?: string;
  readonly targetGroupArn: string;
  /** `service/<cluster>/<service>`. */
  readonly scalableTargetId?: string;
}
