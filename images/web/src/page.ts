export interface Note {
  readonly id: string;
  readonly text: string;
  readonly createdAt: string;
}

export interface Page {
  readonly notes: readonly Note[];
  /** The version of the api that answered. */
  readonly apiVersion?: string;
  readonly problem?: string | undefined;
}

export function renderPage(page: Page): string {
  const rows = page.notes.map((note) => `<li>${escapeHtml(note.text)}</li>`).join("\n");
  const problem = page.problem === undefined ? "" : `<p role="alert">${escapeHtml(page.problem)}</p>`;
  const title = escapeHtml(process.env["PAGE_TITLE"] ?? "Notes");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>:root { color-scheme: light dark; font: 1rem/1.5 system-ui } body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem }</style>
<h1>${title}</h1>
${problem}
<form method="post" action="/">
<label>Note <input name="text" required maxlength="500"></label>
<button>Add</button>
</form>
<ul>
${rows}
</ul>
<footer>web ${escapeHtml(process.env["VERSION"] ?? "unversioned")}, api ${escapeHtml(page.apiVersion ?? "unknown")}</footer>
</html>
`;
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
