/** The known name that a mistyped one most likely meant: fewest letters to insert, delete or change. */

/** @returns the nearest of `known`, or undefined when every one differs in more than half of its letters */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const distances = known.map((candidate) => editDistance(name.toLowerCase(), candidate.toLowerCase()));
  const best = distances.indexOf(Math.min(...distances));
  return best >= 0 && distances[best] <= known[best].length / 2 ? known[best] : undefined;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const changed = previous[column - 1] + (a[row - 1] === b[column - 1] ? 0 : 1);
      current[column] = Math.min(changed, previous[column] + 1, current[column - 1] + 1);
    }
    previous = current;
  }
  return previous[b.length];
}
