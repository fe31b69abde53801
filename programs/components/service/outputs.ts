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
  };
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
  readonly stickinessSeconds?: number;
}

export interface ColourOutputs {
  readonly serviceName?: string;
  readonly targetGroupArn: string;
  /** `service/<cluster>/<service>`. */
  readonly scalableTargetId?: string;
}
