/** A job whose command never ran: what AWS Batch says of it, and what is said of that. */

/** In the reason of a job that its queue cancelled (AWS Batch, "Automatic remediation with jobStateTimeLimitActions"). */
export const cancelledByQueue = "JobStateTimeLimit";
/** The reason of one whose task had no image, no network or no secret (AWS Batch, "Automated job retries"). */
export const failedToStart = "Task failed to start";

/** In the cause of an execution that ends by it. */
export const neverStarted = "its job never started";
