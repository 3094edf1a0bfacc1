/** The page's elements by id, of a known kind. */

/** @throws Error when the page has no such element: page and script do not belong together */
export function elementOf<T extends Element>(id: string, kind: abstract new () => T): T {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`the page has no ${kind.name} called '${id}'`);
}
