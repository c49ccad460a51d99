import { TEXT_FORMATS, type TextFormat } from '../../audit/answer/text.ts';
import type { Question } from '../../audit/query/query.ts';
import { VIEWS } from '../../audit/query/views.ts';
import { COLUMNS } from '../../audit/record/columns.ts';
import { UsageError } from '../command.ts';
import { wrap } from '../format/problems.ts';
import { readMoment } from './moment.ts';

/** What the shell's own commands change. */
export interface ShellSettings {
  readonly question: Omit<Question, 'sql'>;
  readonly format: TextFormat;
}

/** What a line that begins with a dot does. */
export type ShellStep =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'set'; readonly settings: ShellSettings }
  | { readonly kind: 'leave' };

/** The shell's own commands, as `.help` lists them. */
const SHELL_HELP = `A statement ends with ; and may take several lines.

  .views           the views
  .columns [VIEW]  the columns of a view, with what they hold
  .format FORMAT   ${TEXT_FORMATS.join(', ')}
  .since WHEN      only records from then on; off for all
  .until WHEN      only records before then; off for all
  .help            this text
  .quit            leave, as does Ctrl-D
`;

/** Throws `UsageError` for what is none of them. */
export function readShellLine(line: string, settings: ShellSettings, now: Date): ShellStep {
  const [name = '', word = '', ...rest] = line.trim().split(/\s+/);
  switch (name) {
    case '.help':
      return { kind: 'say', text: SHELL_HELP };
    case '.quit':
    case '.exit':
      return { kind: 'leave' };
    case '.views':
      return { kind: 'say', text: viewsText() };
    case '.columns':
      return { kind: 'say', text: columnsText(word) };
    case '.format':
      return { kind: 'set', settings: { ...settings, format: formatNamed(word) } };
    case '.since':
    case '.until': {
      const moment =
        word === 'off'
          ? null
          : readMoment(`--${name === '.since' ? 'since' : 'until'}`, [word, ...rest].join(' '), now);
      const question = { ...settings.question, [name.slice(1)]: moment };
      return { kind: 'set', settings: { ...settings, question } };
    }
    default:
      throw new UsageError(`there is no ${name}; .help lists what there is`);
  }
}

/** Names that can be completed after `text`, with what of it they complete. */
export function completions(text: string): [string[], string] {
  const [word = ''] = /[\w.]*$/.exec(text) ?? [];
  const commands = ['.views', '.columns', '.format', '.since', '.until', '.help', '.quit'];
  const names =
    text.trimStart().startsWith('.') && word === text.trimStart()
      ? commands
      : [...Object.keys(VIEWS), ...Object.keys(COLUMNS)];
  return [names.filter((name) => name.startsWith(word.toLowerCase())), word];
}

function viewsText(): string {
  return Object.entries(VIEWS)
    .map(([view, condition]) => `${view.padEnd(16)}${condition === 'TRUE' ? 'every record' : condition}\n`)
    .join('');
}

const ABOUT_COLUMN = 22;
const TEXT_COLUMNS = 78;

function columnsText(view: string): string {
  if (view !== '' && !Object.hasOwn(VIEWS, view))
    throw new UsageError(`there is no view ${view}; .views lists what there is`);
  return Object.entries(COLUMNS)
    .map(([name, { kind, about }]) => {
      const text = wrap(about.replaceAll('`', ''), TEXT_COLUMNS, ' '.repeat(ABOUT_COLUMN)).trimStart();
      return `${name.padEnd(13)}${kind.padEnd(ABOUT_COLUMN - 13)}${text}\n`;
    })
    .join('');
}

function formatNamed(word: string): TextFormat {
  const format = TEXT_FORMATS.find((one) => one === word);
  if (format === undefined) throw new UsageError(`.format is one of ${TEXT_FORMATS.join(', ')}`);
  return format;
}
