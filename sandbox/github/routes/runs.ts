import type { Handlers } from "../call.ts";
import { userShape } from "../shapes.ts";

export const runs: Handlers = {
  "actions/get-reviews-for-run": ({ places, repository, params }) => ({
    status: 200,
    body: repository.runReviews
      .filter(({ run }) => run === params["run_id"])
      .map(({ environments, state, user }) => ({
        environments: environments.map((name) => ({ name })),
        ...{ state, comment: "", user: userShape(places, user) },
      })),
  }),
};
