/** A GPU made of software, for tests of WebGPU on machines without one. */
import { existsSync } from 'node:fs';

/** Where Debian's chromium keeps SwiftShader's Vulkan driver. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/**
 * Names SwiftShader to the Vulkan loader, before an engine starts: then `useEngine('webgpu')` runs, or says why it does not.
 *
 * Another driver that VK_DRIVER_FILES names, or none (an empty value: the machine's own GPU), stays.
 */
export function nameSoftwareGpu(): void {
  if (existsSync(SWIFTSHADER)) process.env['VK_DRIVER_FILES'] ??= SWIFTSHADER;
}
