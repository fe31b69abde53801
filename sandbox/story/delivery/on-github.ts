import { type Stage, unexpected } from "../stage.ts";
import { GithubProject } from "./project.ts";

/** Plays what needs a repository on GitHub: the stand-in's, with this project in it. Fails where that was asked wrongly. */
export async function onGithub(stage: Stage, play: (project: GithubProject) => Promise<void>): Promise<void> {
  const project = new GithubProject(stage.directory, await GithubProject.github(stage.directory));
  try {
    await project.begin();
    stage.useCheckout(project.clone, project.variables);
    await play(project);
    if (project.github.wrong.length > 0) throw unexpected("the stand-in for GitHub", project.github.wrong.join("; "));
  } finally {
    await project.github.stop();
  }
}
