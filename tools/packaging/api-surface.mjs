/**
 * The public surface of every published package, held to a file: what is exported, and with which type.
 *
 *   node tools/packaging/api-surface.mjs            fails when sources and tools/packaging/api-surface.txt differ
 *   node tools/packaging/api-surface.mjs --update   writes the file anew
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join, relative } from 'node:path';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const file = join(root, 'tools/packaging/api-surface.txt');

/** @returns {{ name: string, source: string }[]} each entry of each published package */
function entries() {
  return readdirSync(join(root, 'packages')).flatMap((folder) => {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'));
    if (manifest.private === true) return [];
    return Object.entries(manifest.exports)
      .filter(([, target]) => typeof target === 'object')
      .map(([path, target]) => ({
        name: join(manifest.name, path),
        source: join(root, 'packages', folder, target['@autoregseg/source']),
      }));
  });
}

/** @returns {string} one line an export, entries by name */
function surface() {
  const found = entries();
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(
    found.map(({ source }) => source),
    options,
  );
  const checker = program.getTypeChecker();
  const lines = found.flatMap(({ name, source }) => {
    const module = checker.getSymbolAtLocation(/** @type {ts.Node} */ (program.getSourceFile(source)));
    if (module === undefined) return [`${name}: exports nothing`];
    return checker.getExportsOfModule(module).map((symbol) => `${name} ${describe(checker, symbol)}`);
  });
  return `${lines.sort().join('\n')}\n`;
}

/**
 * @param {ts.TypeChecker} checker
 * @param {ts.Symbol} exported
 */
function describe(checker, exported) {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const flags = ts.TypeFormatFlags.NoTruncation;
  const isValue = (symbol.flags & ts.SymbolFlags.Value) !== 0;
  const type = isValue ? checker.getTypeOfSymbol(symbol) : checker.getDeclaredTypeOfSymbol(symbol);
  const text = isValue
    ? checker.typeToString(type, undefined, flags)
    : `{ ${checker
        .getPropertiesOfType(type)
        .filter((member) => member.declarations?.some(isOurs))
        .map((member) => `${member.name}: ${checker.typeToString(checker.getTypeOfSymbol(member), undefined, flags)}`)
        .join('; ')} }`;
  // Types may be told with the path of the file that declares them, which differs from machine to machine.
  return `${isValue ? '' : 'type '}${exported.name}: ${text.replaceAll(root, '').replace(/\s+/g, ' ')}`;
}

/** @param {ts.Declaration} declaration - of a member; those that a class inherits from TensorFlow.js are not ours */
function isOurs(declaration) {
  const { fileName } = declaration.getSourceFile();
  return fileName.startsWith(root) && !fileName.includes('/node_modules/');
}

const present = surface();
if (process.argv.includes('--update')) {
  writeFileSync(file, present);
} else {
  const known = new Set(readFileSync(file, 'utf8').split('\n'));
  const now = new Set(present.split('\n'));
  const changes = [
    ...[...known].filter((line) => !now.has(line)).map((line) => `- ${line}`),
    ...[...now].filter((line) => !known.has(line)).map((line) => `+ ${line}`),
  ];
  if (changes.length > 0) {
    process.stderr.write(
      `The public surface has changed:\n\n${changes.join('\n')}\n\n` +
        `If you did not mean that, take it back. If you did: run \`npm run api:update\`, commit ${relative(root, file)}, and ` +
        'tell users in a changeset (`npx changeset`): what is gone or changed is a major change (a minor one before 1.0).\n',
    );
    process.exitCode = 1;
  }
}
