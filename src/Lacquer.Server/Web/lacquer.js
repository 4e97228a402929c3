// The listener's page. It draws what /api/ answers; every text goes in by textContent, because titles come from strangers.

const at = id => document.getElementById(id);
const main = at('main'), query = at('q'), player = at('player');
const TYPING_MS = 120;

// --- Elements -------------------------------------------------------------------------------------------------------

function el(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  // append() makes a text node of a string: nothing in it is ever read as markup.
  element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

const icon = name => svg('svg', { 'aria-hidden': 'true' }, svg('use', { href: `#i-${name}` }));
const link = (href, text, attributes) => el('a', { href, 'data-go': true, dir: 'auto', ...attributes }, text);

// --- Words and numbers ----------------------------------------------------------------------------------------------

const whole = new Intl.NumberFormat('en');
const percent = share => share > 0 && share < .01 ? '<1%' : `${share < 1 ? Math.min(99, Math.round(share * 100)) : 100}%`;
const count = (number, one, many) => `${whole.format(number)} ${number === 1 ? one : many}`;

function duration(ms) {
  if (!Number.isFinite(ms)) return '';
  const seconds = Math.round(ms / 1000), two = number => String(number).padStart(2, '0');
  return seconds >= 3600 ? `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}` : `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
}

function bytes(number) {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let unit = 0;
  for (; number >= 1000 && unit < units.length - 1; unit++) number /= 1000;
  return `${unit === 0 || number >= 100 ? Math.round(number) : number.toFixed(1)} ${units[unit]}`;
}

// --- Lists ----------------------------------------------------------------------------------------------------------

/** A row of a list of recordings; `queue` is what plays on from it. */
function recordingRow(item, queue, number, sub = item.artist_credit) {
  return el('li', { class: `row${number === undefined ? '' : ' numbered'}${item.audio ? '' : ' silent'}` },
    number !== undefined && el('span', { class: 'number' }, String(number)),
    item.audio ? playButton(item, queue) : el('span', { class: 'mute', title: item.why }),
    el('span', { class: 'words' },
      link(`/recordings/${item.id}`, item.title || 'Untitled', { class: 'title', 'data-stop': true }),
      sub && el('span', { class: 'sub', dir: 'auto' }, sub),
      !item.audio && el('span', { class: 'unseen' }, item.why)),
    item.audio ? el('span', { class: 'fame', title: `popularity ${item.popularity} of 100` }, fame(item.popularity))
      : el('span', { class: 'tag', title: item.why }, item.held ? 'not published' : 'not held'),
    el('span', { class: 'meta' }, duration(item.duration_ms ?? NaN)));
}

function fame(popularity) {
  const bar = el('i');
  bar.style.width = `${popularity}%`;
  return bar;
}

function playButton(item, queue) {
  return el('button', { class: 'play', type: 'button', 'data-play': item.id, 'aria-label': `Play ${item.title}${item.artist_credit ? ` by ${item.artist_credit}` : ''}`, click: () => play(queue, item) }, icon('play'));
}

const releaseRow = item => el('li', { class: 'row plainrow' },
  el('span', { class: 'words' }, link(`/releases/${item.id}`, item.title || 'Untitled', { class: 'title', 'data-stop': true }), item.artist_credit && el('span', { class: 'sub', dir: 'auto' }, item.artist_credit)),
  el('span', { class: 'meta' }, item.date?.slice(0, 4) ?? ''));

const artistRow = item => el('li', { class: 'row plainrow' },
  el('span', { class: 'words' }, link(`/artists/${item.id}`, item.name || 'Unnamed', { class: 'title', 'data-stop': true })),
  el('span', { class: 'meta' }, item.listens ? count(item.listens, 'listen', 'listens') : ''));

const playable = items => items.filter(item => item.audio);

/** A heading over a page of rows, and a button for the page after it while there is one. */
function group(heading, page, row, more) {
  const queue = [];
  const rows = items => {
    queue.push(...playable(items));
    return items.map(item => row(item, queue));
  };
  const list = el('ol', { class: 'list' }, rows(page.items));
  const section = el('section', { class: 'group' }, el('h2', {}, heading), list);
  if (page.next !== null && more) {
    let next = page.next;
    const button = el('button', {
      class: 'more', type: 'button', click: async () => {
        button.disabled = true;
        try {
          const following = await ask(more(next));
          const added = rows(following.items);
          list.append(...added);
          mark();
          next = following.next;
          if (next === null) button.remove();
          added[0]?.querySelector('a')?.focus();
        } catch (trouble) {
          say(trouble.message);
        }
        button.disabled = false;
      },
    }, 'More');
    section.append(button);
  }
  return section;
}

// --- Places ---------------------------------------------------------------------------------------------------------

async function overview() {
  const o = await ask('/api/overview');
  if (!o.totals) {
    return {
      title: o.archive.title,
      content: [el('p', { class: 'eyebrow' }, o.archive.title), el('h1', {}, 'An empty sleeve, so far'), el('p', { class: 'lead' }, o.message),
        o.edition && el('p', { class: 'lead' }, el('a', { href: '/editions/' }, 'Its editions'), ' are here already.')],
    };
  }
  const free = o.held.published, queue = playable(o.top);
  return {
    title: o.archive.title,
    content: [
      el('div', { class: 'hero' },
        el('div', {},
          el('p', { class: 'eyebrow', dir: 'auto' }, o.archive.title),
          el('h1', {}, `${count(o.totals.recordings, 'recording', 'recordings')} known, `, el('strong', {}, `${whole.format(free)} kept and free to hear.`)),
          el('dl', { class: 'totals' },
            total('releases', whole.format(o.totals.releases)), total('artists', whole.format(o.totals.artists)), total('listens', whole.format(o.totals.listens)),
            total('audio held', bytes(o.held.length_bytes)), total(o.held.volumes === 1 ? 'volume' : 'volumes', whole.format(o.held.volumes)),
            total('edition', o.edition ? el('a', { href: '/editions/latest/' }, String(Number(o.edition))) : 'none'))),
        o.held_by_rank.length > 0 && record(o.held_by_rank, o.totals.recordings)),
      el('section', { class: 'group' }, el('h2', {}, 'Most listened'), el('ol', { class: 'list' }, o.top.map(item => recordingRow(item, queue, item.rank)))),
    ],
  };
}

const total = (name, value) => el('div', {}, el('dt', {}, name), el('dd', {}, value));

/** A disc: each ring is the recordings up to a rank, the best known outside as a record begins; the cut part of it is held. */
function record(bands, all) {
  const outer = 148, inner = 58, width = (outer - inner) / bands.length;
  const parts = [svg('circle', { cx: 160, cy: 160, r: 160, fill: 'var(--disc)' })];
  bands.forEach((band, index) => {
    const radius = outer - width * (index + .5), share = band.up_to ? band.held / band.up_to : 0, round = 2 * Math.PI * radius;
    parts.push(svg('circle', {
      cx: 160, cy: 160, r: radius, fill: 'none', stroke: 'var(--cut)', 'stroke-width': width - 3, 'stroke-opacity': 1 - index * .17,
      'stroke-dasharray': `${share * round} ${round}`, transform: 'rotate(-90 160 160)',
    }));
  });
  for (let radius = inner; radius <= 156; radius += 2.6)
    parts.push(svg('circle', { cx: 160, cy: 160, r: radius, fill: 'none', stroke: 'var(--disc)', 'stroke-opacity': .5, 'stroke-width': .8 }), svg('circle', { cx: 160, cy: 160, r: radius + 1.2, fill: 'none', stroke: 'var(--groove)', 'stroke-width': .6 }));
  parts.push(
    svg('circle', { cx: 160, cy: 160, r: 46, fill: 'none', stroke: 'var(--groove)', 'stroke-width': 1 }),
    svg('circle', { cx: 160, cy: 160, r: 4.5, fill: 'var(--paper)' }));
  const label = bands.map(band => `top ${whole.format(band.up_to)}: ${whole.format(band.held)} held`).join('; ');
  return el('figure', { class: 'record' },
    el('div', { class: 'disc' }, svg('svg', { viewBox: '0 0 320 320', role: 'img', 'aria-label': `Share held, by rank. ${label}` }, parts)),
    el('figcaption', {}, el('table', {},
      el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Best known'), el('th', { scope: 'col' }, 'held'), el('th', { scope: 'col' }, 'of listens'))),
      el('tbody', {}, bands.map(band => el('tr', {}, el('th', { scope: 'row' }, `${band.up_to === all ? 'all' : 'first'} ${whole.format(band.up_to)}`), el('td', {}, percent(band.up_to ? band.held / band.up_to : 0)), el('td', {}, percent(band.share_of_listens_held))))))));
}

async function search(text) {
  const words = encodeURIComponent(text);
  const found = await ask(`/api/search?q=${words}&limit=15`);
  const more = kind => after => `/api/search?q=${words}&kind=${kind}&after=${after}&limit=30`;
  const build = (heading, kind, row) => found[kind].items.length > 0 && group(heading, found[kind], row, next => ({ address: more(kind)(next), kind }));
  const sections = {
    recordings: build('Recordings', 'recordings', (item, queue) => recordingRow(item, queue)),
    releases: build('Releases', 'releases', releaseRow),
    artists: build('Artists', 'artists', artistRow),
  };
  const side = [sections.artists, sections.releases].filter(Boolean);
  const numbers = ['recordings', 'releases', 'artists'].map(kind => `${found[kind].items.length}${found[kind].next === null ? '' : ' or more'} ${kind}`);
  return {
    title: text,
    said: numbers.join(', '),
    content: sections.recordings || side.length > 0
      ? [el('h1', { class: 'unseen' }, `Found for ${text}`), el('div', { class: 'results' }, el('div', {}, sections.recordings || el('p', { class: 'lead' }, 'No recording is called that.')), side.length > 0 && el('div', { class: 'side' }, side))]
      : [el('h1', {}, 'Nothing by that name'), el('p', { class: 'lead' }, 'Every word must stand in a title, an artist’s name or a release’s title; the last may be unfinished. Accents and capitals do not matter.')],
  };
}

async function recording(id) {
  const r = await ask(`/api/recordings/${id}`), item = r.recording;
  return {
    title: item.title,
    content: [
      el('p', { class: 'eyebrow' }, `Recording, rank ${whole.format(item.rank)}`),
      el('h1', { dir: 'auto' }, item.title || 'Untitled'),
      by(r.artists, item.artist_credit),
      item.audio
        ? el('div', { class: 'acts' },
          el('button', { class: 'act first', type: 'button', 'data-play': item.id, click: () => play([item], item) }, icon('play'), el('span', {}, 'Play')),
          r.volume?.magnet.startsWith('magnet:') && el('a', { class: 'act', href: r.volume.magnet }, 'Magnet link'),
          el('a', { class: 'act', href: item.audio, download: `${item.id}.${r.object?.extension ?? 'ogg'}` }, 'Download'))
        : el('p', { class: 'notice' }, capital(item.why)),
      el('section', { class: 'group' }, el('h2', {}, 'What is known'), el('dl', { class: 'facts' },
        fact('Duration', duration(item.duration_ms ?? NaN)),
        fact('Listens', whole.format(item.listens), `popularity ${item.popularity} of 100`),
        r.isrcs.length > 0 && fact('ISRC', r.isrcs.join(', ')),
        r.genres.length > 0 && fact('Genres', r.genres.join(', ')),
        r.aliases.length > 0 && fact('Also called', r.aliases.join(', ')),
        item.explicit !== null && fact('Words', item.explicit ? 'explicit' : 'not explicit'),
        r.features && features(r.features),
        identifiers('recording', item.mbid, r.keys),
        !r.rights && item.licence && fact('Licence told', licence(item.licence), 'by a source; the gate was not asked'),
        r.rights && fact('Licence', licence(r.rights.licence), r.rights.reason),
        r.rights?.evidence && fact('Evidence', r.rights.evidence.text, `${r.rights.evidence.kind === 'tag' ? 'tag ' : ''}${r.rights.evidence.place}${r.rights.evidence.by ? `, ${r.rights.evidence.by} ${r.rights.evidence.date ?? ''}` : ''}`),
        r.object && fact('Object', el('code', {}, r.object.name), `${bytes(r.object.length_bytes)}, ${r.object.tier}${r.object.loudness_lufs === null ? '' : `, ${r.object.loudness_lufs.toFixed(1)} LUFS`}`),
        r.volume && fact('Volume', r.volume.name, `file ${r.volume.file}, ${r.volume.file_name}`))),
      r.appearances.length > 0 && el('section', { class: 'group' }, el('h2', {}, 'Stands on'), el('ol', { class: 'list' }, r.appearances.map(a => releaseRow(a.release)))),
      el('p', { class: 'aside' }, el('code', {}, item.id)),
    ],
  };
}

async function release(id) {
  const r = await ask(`/api/releases/${id}`), queue = playable(r.tracks.map(t => t.recording));
  const media = [...new Set(r.tracks.map(t => t.medium))];
  const lasts = r.tracks.reduce((sum, t) => sum + (t.recording.duration_ms ?? 0), 0);
  return {
    title: r.release.title,
    content: [
      el('p', { class: 'eyebrow' }, [r.release.type ?? 'Release', r.release.date].filter(Boolean).join(', ')),
      el('h1', { dir: 'auto' }, r.release.title || 'Untitled'),
      by(r.artists, r.release.artist_credit),
      el('div', { class: 'acts' }, queue.length > 0 && el('button', { class: 'act first', type: 'button', click: () => play(queue, queue[0], true) }, icon('play'), `Play ${queue.length === r.tracks.length ? 'all' : `the ${queue.length} held`}`)),
      media.map(medium => {
        const tracks = r.tracks.filter(t => t.medium === medium);
        return el('section', { class: 'group' }, el('h2', {}, mediumName(r.media.find(m => m.position === medium), medium, media.length)),
          el('ol', { class: 'list' }, tracks.map(t => recordingRow(printed(t), queue, t.position, printed(t).artist_credit === r.release.artist_credit ? '' : printed(t).artist_credit))));
      }),
      el('p', { class: 'aside' }, [count(r.tracks.length, 'track', 'tracks'), lasts > 0 && duration(lasts), r.release.gtin && `barcode ${r.release.gtin}`].filter(Boolean).join(', ')),
      el('section', { class: 'group' }, el('dl', { class: 'facts' },
        r.labels.map(l => fact('Label', l.name ?? l.catalogue_number, l.name && l.catalogue_number)),
        r.markets.length > 0 && fact('Markets', count(r.markets.length, 'country', 'countries'), r.markets.join(' ')),
        r.genres.length > 0 && fact('Genres', r.genres.join(', ')),
        r.aliases.length > 0 && fact('Also called', r.aliases.join(', ')),
        r.release.licence && fact('Licence told', licence(r.release.licence)),
        r.images.length > 0 && fact('Pictures', r.images.flatMap((i, n) => [n > 0 && ', ', /^https?:\/\//.test(i.url ?? '') ? el('a', { href: i.url, rel: 'noreferrer' }, i.type) : i.type])),
        identifiers('release', r.release.mbid, r.keys))),
      el('p', { class: 'aside' }, el('code', {}, r.release.id)),
    ],
  };
}

const mediumName = (known, medium, media) => [media > 1 ? `Medium ${medium}` : known?.title || known?.format ? null : 'Tracks', known?.format, known?.title].filter(Boolean).join(', ');
const printed = t => ({ ...t.recording, title: t.title ?? t.recording.title, artist_credit: t.artist_credit ?? t.recording.artist_credit, duration_ms: t.duration_ms ?? t.recording.duration_ms });

async function artist(id) {
  const a = await ask(`/api/artists/${id}`);
  return {
    title: a.artist.name,
    content: [
      el('p', { class: 'eyebrow' }, a.artist.listens ? `Artist, ${count(a.artist.listens, 'listen', 'listens')}` : 'Artist'),
      el('h1', { dir: 'auto' }, a.artist.name || 'Unnamed'),
      el('div', { class: 'results group' },
        group('Best known', a.recordings, (item, queue) => recordingRow(item, queue, undefined, item.artist_credit === a.artist.name ? '' : item.artist_credit), next => ({ address: `/api/artists/${id}/recordings?after=${next}&limit=30` })),
        a.releases.items.length > 0 && el('div', { class: 'side' }, group('Releases', a.releases, releaseRow, next => ({ address: `/api/artists/${id}/releases?after=${next}&limit=30` })))),
      el('section', { class: 'group' }, el('dl', { class: 'facts' },
        a.genres.length > 0 && fact('Genres', a.genres.join(', ')),
        a.aliases.length > 0 && fact('Also called', a.aliases.join(', ')),
        identifiers('artist', a.artist.mbid, a.keys))),
      el('p', { class: 'aside' }, el('code', {}, a.artist.id)),
    ],
  };
}

const by = (artists, credit) => (artists.length > 0 || credit) && el('p', { class: 'by', dir: 'auto' },
  artists.length === 1 ? link(`/artists/${artists[0].id}`, credit || artists[0].name)
    : artists.length > 1 ? artists.flatMap((a, i) => [link(`/artists/${a.id}`, a.name, { title: a.role }), a.join || (i < artists.length - 1 && ', ')]) : credit);

const identifiers = (kind, mbid, keys) => [
  mbid && fact('MusicBrainz', el('a', { href: `https://musicbrainz.org/${kind}/${mbid}`, rel: 'noreferrer' }, mbid)),
  keys.map(k => fact(k.source, k.key))];
const pitches = ['C', 'C♯', 'D', 'D♯', 'E', 'F', 'F♯', 'G', 'G♯', 'A', 'A♯', 'B'];

function features(f) {
  const share = ['danceability', 'energy', 'speechiness', 'acousticness', 'instrumentalness', 'liveness', 'valence'].filter(name => f[name] !== null).map(name => `${name} ${f[name].toFixed(2)}`);
  const words = [f.tempo !== null && `${Math.round(f.tempo)} beats a minute`, f.key !== null && pitches[f.key] && `${pitches[f.key]}${f.mode === null ? '' : f.mode === 1 ? ' major' : ' minor'}`,
    f.time_signature !== null && count(f.time_signature, 'beat a bar', 'beats a bar'), f.loudness !== null && `${f.loudness.toFixed(1)} dB`].filter(Boolean);
  return fact('Sound', words.join(', ') || share.shift() || '', share.join(', '));
}

const fact = (name, value, note) => value !== '' && value !== null && value !== undefined && [el('dt', {}, name), el('dd', { dir: 'auto' }, value, note && el('small', { dir: 'auto' }, note))];
const capital = text => text.charAt(0).toUpperCase() + text.slice(1);

function licence(code) {
  if (!code) return 'none recognised';
  const address = /^https?:\/\//.test(code) ? code : /^[A-Za-z0-9.+-]*\d[A-Za-z0-9.+-]*$/.test(code) ? `https://spdx.org/licenses/${code}.html` : null;
  return address ? el('a', { href: address, rel: 'noreferrer' }, code) : code;
}

// --- Going from place to place --------------------------------------------------------------------------------------

let asking = new AbortController();

/** What /api/ answers; of a search for one kind, that kind's page. */
async function ask(place) {
  const { address, kind } = typeof place === 'string' ? { address: place } : place;
  const response = await fetch(address, { signal: asking.signal, headers: { Accept: 'application/json' } });
  const answer = await response.json().catch(() => ({ error: `the server answered ${response.status}` }));
  if (!response.ok) throw Object.assign(new Error(answer.error), { hint: answer.hint, status: response.status });
  return kind ? answer[kind] : answer;
}

function placeOf(url) {
  const [, kind, id] = url.pathname.split('/');
  const text = url.searchParams.get('q')?.trim() ?? '';
  if (url.pathname === '/' || (kind === 'search' && !text)) return overview();
  if (kind === 'search') return search(text);
  const known = { recordings: recording, releases: release, artists: artist }[kind];
  if (known && id) return known(encodeURIComponent(id));
  return Promise.reject(new Error('there is nothing at this address'));
}

async function show(url, { typing = false, y = 0 } = {}) {
  asking.abort();
  const mine = asking = new AbortController();
  let place;
  try {
    place = await placeOf(url);
  } catch (trouble) {
    if (mine.signal.aborted) return;
    place = trouble.status === 404 || trouble.status === undefined
      ? { title: 'Not found', said: trouble.message, content: [el('h1', {}, 'Nothing here'), el('p', { class: 'lead' }, `${capital(trouble.message)}. The search above finds what this archive knows.`)] }
      : { title: 'Trouble', said: trouble.message, content: [el('h1', {}, 'That did not work'), el('p', { class: 'lead' }, [trouble.message, trouble.hint].filter(Boolean).map(capital).join('. '))] };
  }
  if (mine.signal.aborted) return;
  main.replaceChildren(...place.content.flat().filter(Boolean));
  document.title = place.title === 'Lacquer' ? 'Lacquer' : `${place.title} · Lacquer`;
  mark();
  scrollTo(0, y);
  if (typing) say(place.said ?? place.title);
  else {
    query.value = url.searchParams.get('q') ?? '';
    main.focus({ preventScroll: true });
  }
}

function go(address, { replace = false, typing = false } = {}) {
  const url = new URL(address, location.href);
  if (url.href === location.href) replace = true;
  if (!replace) history.replaceState({ y: scrollY }, '');
  history[replace ? 'replaceState' : 'pushState']({ y: 0 }, '', url);
  return show(url, { typing });
}

const say = text => { at('said').textContent = text; };

document.addEventListener('click', event => {
  const anchor = event.target.closest('a[data-go]');
  if (!anchor || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(anchor.href);
});

addEventListener('popstate', event => show(new URL(location.href), { y: event.state?.y ?? 0 }));
history.scrollRestoration = 'manual';

let typed;
const typedPlace = () => query.value.trim() ? `/search?q=${encodeURIComponent(query.value.trim())}` : '/';
query.addEventListener('input', () => {
  clearTimeout(typed);
  // One step back leads out of a search, not through its letters.
  typed = setTimeout(() => go(typedPlace(), { replace: location.pathname === '/search', typing: true }), TYPING_MS);
});
query.form.addEventListener('submit', event => {
  event.preventDefault();
  clearTimeout(typed);
  go(typedPlace(), { replace: location.pathname === '/search', typing: true });
});

document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const inField = event.target.matches('input');
  if (event.key === '/' && !inField) {
    event.preventDefault();
    query.focus();
    query.select();
  } else if (event.key === 'Escape' && event.target === query && query.value) {
    query.value = '';
    query.dispatchEvent(new Event('input'));
  } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && (event.target === query || event.target.matches('[data-stop]'))) {
    const stops = [query, ...main.querySelectorAll('[data-stop]')];
    const next = stops[stops.indexOf(event.target) + (event.key === 'ArrowDown' ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  } else if (event.key === ' ' && (event.target === main || event.target.matches('[data-stop]')) && current()) {
    event.preventDefault();
    toggle();
  }
});

// --- The player -----------------------------------------------------------------------------------------------------

let queue = [], index = -1, seeking = false;
const current = () => queue[index];

function play(list, item, anew = false) {
  if (current()?.id === item.id && !anew) {
    queue = [...list];
    index = queue.findIndex(other => other.id === item.id);
    return toggle();
  }
  queue = [...list];
  start(queue.findIndex(other => other.id === item.id));
}

function start(next) {
  if (!queue[next]) return;
  index = next;
  const item = current();
  player.src = item.audio;
  player.play().catch(() => mark());
  at('now-title').textContent = item.title;
  at('now-title').href = `/recordings/${item.id}`;
  at('now-artist').textContent = item.artist_credit;
  at('bar').hidden = false;
  if ('mediaSession' in navigator) navigator.mediaSession.metadata = new MediaMetadata({ title: item.title, artist: item.artist_credit });
  time();
  mark();
}

const toggle = () => player.paused ? player.play().catch(() => mark()) : player.pause();

/** Every button of the recording that plays shows it. */
function mark() {
  const playing = !player.paused, item = current();
  document.body.classList.toggle('playing', playing);
  for (const button of document.querySelectorAll('[data-play]')) {
    const on = button.dataset.play === item?.id;
    button.classList.toggle('on', on);
    button.querySelector('use').setAttribute('href', on && playing ? '#i-pause' : '#i-play');
    const name = button.querySelector('span'), said = on && playing ? 'Pause' : 'Play';
    if (name) name.textContent = said;
    else button.setAttribute('aria-label', button.getAttribute('aria-label').replace(/^(Play|Pause)/, said));
  }
  at('toggle').setAttribute('aria-label', playing ? 'Pause' : 'Play');
  at('toggle').querySelector('use').setAttribute('href', playing ? '#i-pause' : '#i-play');
  at('previous').disabled = index <= 0 && player.currentTime < 3;
  at('next').disabled = index >= queue.length - 1;
}

function time() {
  const known = (current()?.duration_ms ?? NaN) / 1000, length = Number.isFinite(player.duration) ? player.duration : known;
  at('elapsed').textContent = duration(player.currentTime * 1000);
  at('length').textContent = duration(length * 1000);
  if (!seeking) at('seek').value = length > 0 ? Math.round(player.currentTime / length * 1000) : 0;
  at('seek').setAttribute('aria-valuetext', `${at('elapsed').textContent} of ${at('length').textContent}`);
  at('previous').disabled = index <= 0 && player.currentTime < 3;
}

const previous = () => player.currentTime >= 3 || index === 0 ? (player.currentTime = 0) : start(index - 1);
const next = () => start(index + 1);

for (const event of ['play', 'pause', 'playing']) player.addEventListener(event, mark);
for (const event of ['timeupdate', 'durationchange', 'seeked']) player.addEventListener(event, time);
player.addEventListener('ended', () => index < queue.length - 1 ? next() : mark());
player.addEventListener('error', () => { if (current()) { say(`${current().title} cannot be played`); mark(); } });
at('toggle').addEventListener('click', toggle);
at('previous').addEventListener('click', previous);
at('next').addEventListener('click', next);
at('seek').addEventListener('input', () => { seeking = true; });
at('seek').addEventListener('change', () => {
  seeking = false;
  const length = Number.isFinite(player.duration) ? player.duration : (current()?.duration_ms ?? 0) / 1000;
  player.currentTime = at('seek').value / 1000 * length;
});
if ('mediaSession' in navigator)
  for (const [action, does] of [['play', () => player.play()], ['pause', () => player.pause()], ['previoustrack', previous], ['nexttrack', next]])
    navigator.mediaSession.setActionHandler(action, does);

show(new URL(location.href));
