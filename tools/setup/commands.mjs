/**
 * Step 3: put the packages' commands where npx finds them.
 *
 * npm links a workspace's commands when it installs, but only those whose file is there: ours are built afterwards.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runStep } from './child.mjs';
import { npmCommand } from './install.mjs';

/** @param {string} root */
export async function linkCommands(root) {
  const packages = packagesWithoutCommands(root);
  if (packages.length === 0) return;
  const npm = npmCommand(process.env.npm_execpath, process.execPath);
  const args = [...npm.args, 'rebuild', '--ignore-scripts', ...packages];
  await runStep('link commands', npm.command, args, { cwd: root, shell: npm.shell });
}

/**
 * @param {string} root
 * @returns {string[]} names of the packages that have a command which is built and not linked
 */
export function packagesWithoutCommands(root) {
  const folders = readdirSync(join(root, 'packages'));
  return folders.flatMap((folder) => {
    const manifest = join(root, 'packages', folder, 'package.json');
    if (!existsSync(manifest)) return [];
    /** @type {{ name: string, bin?: Record<string, string> }} */
    const { name, bin = {} } = JSON.parse(readFileSync(manifest, 'utf8'));
    const isMissing = Object.entries(bin).some(
      ([command, file]) =>
        existsSync(join(root, 'packages', folder, file)) && !existsSync(join(root, 'node_modules', '.bin', command)),
    );
    return isMissing ? [name] : [];
  });
}
