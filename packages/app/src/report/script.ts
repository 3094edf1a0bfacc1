/** The page's only script: shows the opacity slider and lets it move. Without it overlays stay at one half. */
export const OPACITY_SCRIPT = `
const control = document.querySelector('.opacity');
if (control) {
  const range = control.querySelector('input');
  const output = control.querySelector('output');
  range.addEventListener('input', () => {
    output.textContent = range.value + '\\u202f%';
    document.documentElement.style.setProperty('--opacity', String(range.value / 100));
  });
  control.hidden = false;
}
`;
