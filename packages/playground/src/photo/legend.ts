/** The clusters of a picture as a list: named, hidden, merged. */
import { colorOf } from 'autoregseg/browser';

export interface LegendEntry {
  readonly id: number;
  name: string;
  visible: boolean;
  /** The cluster that this one counts as; itself unless merged. */
  into: number;
}

export class Legend {
  private entries: LegendEntry[] = [];

  constructor(
    private readonly list: HTMLUListElement,
    private readonly onChange: () => void,
  ) {}

  /** The cluster that each id counts as. */
  get merged(): readonly number[] {
    return this.entries.map(({ into }) => into);
  }

  isVisible(id: number): boolean {
    return this.entries[id]?.visible ?? true;
  }

  /** Shows the shares of clusters; names and merges stay while their number does. */
  show(shares: readonly number[]): void {
    if (shares.length !== this.entries.length) {
      this.entries = shares.map((_, id) => ({ id, name: `Cluster ${id + 1}`, visible: true, into: id }));
      this.list.replaceChildren(...this.entries.map((entry) => this.row(entry)));
      this.fillMenus();
    }
    const total = this.entries.map(() => 0);
    shares.forEach((share, id) => (total[this.entries[id].into] += share));
    this.entries.forEach(({ id, into }) => {
      const row = this.list.children[id] as HTMLElement;
      row.hidden = into !== id;
      row.querySelector('.share')!.textContent = `${(100 * total[id]).toFixed(1)} %`;
    });
  }

  private row(entry: LegendEntry): HTMLLIElement {
    const row = document.createElement('li');
    const name = Object.assign(document.createElement('input'), { type: 'text', value: entry.name });
    name.setAttribute('aria-label', `Name of cluster ${entry.id + 1}`);
    name.addEventListener('input', () => {
      entry.name = name.value;
      this.fillMenus();
    });
    const shown = Object.assign(document.createElement('input'), { type: 'checkbox', checked: true });
    shown.setAttribute('aria-label', `Show cluster ${entry.id + 1}`);
    shown.addEventListener('change', () => {
      entry.visible = shown.checked;
      this.onChange();
    });
    const swatch = document.createElement('span');
    swatch.className = 'swatch';
    swatch.style.background = colorOf(entry.id);
    const share = Object.assign(document.createElement('span'), { className: 'share' });
    const merge = document.createElement('select');
    merge.setAttribute('aria-label', `Merge cluster ${entry.id + 1} into another`);
    merge.addEventListener('change', () => this.merge(entry, Number(merge.value)));
    row.append(shown, swatch, name, share, merge);
    return row;
  }

  private merge(entry: LegendEntry, into: number): void {
    for (const other of this.entries) if (other.into === entry.id) other.into = into;
    this.fillMenus();
    this.onChange();
    // The row that held the focus is hidden now: keys go on where its cluster went.
    this.list.children[into].querySelector('select')!.focus();
  }

  private fillMenus(): void {
    const roots = this.entries.filter(({ id, into }) => id === into);
    this.entries.forEach(({ id }) => {
      const menu = this.list.children[id].querySelector('select')!;
      const others = roots.filter((other) => other.id !== id);
      menu.replaceChildren(
        new Option('merge into …', String(id)),
        ...others.map((other) => new Option(other.name, String(other.id))),
      );
    });
  }
}
