/** What a check of a dataset finds. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** One thing that is wrong, or worth knowing. */
export interface Finding {
  /** 'missing': files are not there; 'faulty': files are damaged or do not fit; 'note': nothing is wrong. */
  readonly kind: 'missing' | 'faulty' | 'note';
  readonly what: string;
  /** What to do about it. */
  readonly cure?: string;
}

/** What a look at the files gives, before any pixel is read. */
export interface FileCheck {
  /** What the folder holds: a release, its archive by IIC, or what was prepared from it. */
  readonly layout: string;
  /** Images that are there. */
  readonly images: number;
  readonly labelled: number;
  readonly findings: readonly Finding[];
  /** Whether it can be opened as it is; a release of Potsdam must be prepared first. */
  readonly opens: boolean;
}

/** The first few of the files that are not there, as one finding. */
export function absentFiles(kind: string, root: string, files: readonly string[], cure?: string): Finding[] {
  const absent = files.filter((file) => !existsSync(join(root, file)));
  if (absent.length === 0) return [];
  const some = absent.slice(0, 3).join(', ') + (absent.length > 3 ? ', ...' : '');
  return [{ kind: 'missing', what: `${absent.length} of ${files.length} ${kind}: ${some}`, ...(cure && { cure }) }];
}
