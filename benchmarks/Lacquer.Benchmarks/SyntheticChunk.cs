using System.Text;

namespace Lacquer.Benchmarks;

/// <summary>
/// The works of a few dozen made-up artists as lines of both sources, with the truth beside them. A chunk depends on its number alone, so any number of them are made at once; artists of one chunk borrow
/// from each other (guests, covers, compilations, ISRCs that were given twice), never from another's.
/// </summary>
internal sealed class SyntheticChunk
{
    private const int ArtistsAChunk = 32;
    private const double MostListens = 5e9;

    // How likely a track is an older recording. Set so that 1.376 tracks have one ISRC over all, as the first release of an artist has nothing to take up.
    private const double Reissued = 0.381;
    private const double FromMusicBrainz = 1 / 7.0;

    // Shares of recordings by popularity in steps of ten, and of those without any listens, which are most of the first step. Only the feed counts listens, and it has nine in ten of the recordings: its own
    // shares of what was heard are so much larger.
    private const double InFeed = 0.9;
    private const double Unheard = 1 - 0.15 / InFeed;
    private static readonly double[] PopularityShares = [1 - 0.04855 / InFeed, 0.0284 / InFeed, 0.01203 / InFeed, 0.0054 / InFeed, 0.0019 / InFeed, 0.0006 / InFeed, 0.00018 / InFeed, 0.000036 / InFeed, 0.000003 / InFeed, 0.000001 / InFeed];

    private static readonly byte[][] Genres = Bytes("pop", "rock", "hip hop", "electronic", "folk", "jazz", "classical", "techno", "house", "ambient", "metal", "punk", "soul", "r&b", "reggae", "country", "blues",
        "latin", "k-pop", "j-pop", "city pop", "drum and bass", "trance", "dubstep", "indie rock", "indie pop", "singer-songwriter", "gospel", "soundtrack", "new age", "lo-fi", "trap", "afrobeats", "cumbia",
        "salsa", "bachata", "flamenco", "fado", "enka", "schlager", "chanson", "bossa nova", "samba", "opera", "choral", "shoegaze", "post-punk", "noise", "drone", "children's music");

    private static readonly byte[][] Countries = Bytes("US", "GB", "DE", "FR", "JP", "KR", "BR", "QZ", "QM", "SE", "NL", "IT", "ES", "CA", "AU", "MX", "FI", "NO", "DK", "PL", "RU", "AT", "BE", "CH", "IE", "IN", "ZA",
        "NG", "TR", "GR", "PT", "AR", "CL", "CO", "TW", "HK", "CN", "CZ", "HU", "UA");

    private static readonly byte[][] Joins = Bytes(" feat. ", " & ", " x ", ", ", " with ", " featuring ", " ft. ", " and ");
    private static readonly byte[][] Licences = Bytes("CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-SA-3.0", "CC0-1.0");
    private static readonly byte[][] MarketSets = Markets();

    private readonly SyntheticWords _words;
    private readonly int _labels;
    private readonly Utf8Lines _text = new();
    private readonly Utf8Lines _scratch = new();
    private readonly List<Piece> _pieces = [];
    private readonly List<Album> _albums = [];
    private readonly List<int> _albumPieces = [];
    private readonly (int Start, int Length)[] _names = new (int, int)[ArtistsAChunk];
    private readonly int[] _scripts = new int[ArtistsAChunk];
    private readonly bool[] _saidInFeed = new bool[ArtistsAChunk];
    private readonly bool[] _saidInMusicBrainz = new bool[ArtistsAChunk];
    private readonly List<int> _tracks = [];
    private readonly List<int> _media = [];
    private Numbers _numbers;
    private int _chunk;
    private int _releases;

    public SyntheticChunk(SyntheticWords words, long tracks)
    {
        _words = words;
        _labels = (int)Math.Clamp(tracks / 400, 50, 300_000);
    }

    public SyntheticLines Feed { get; } = new();

    public SyntheticLines MusicBrainz { get; } = new();

    public int Tracks { get; private set; }

    public int Recordings => _pieces.Count;

    /// <summary>Makes the lines of a chunk in place of the last one's.</summary>
    public void Make(int chunk)
    {
        _chunk = chunk;
        _numbers = new Numbers(Numbers.Mix(0x4C61637175657231UL + (ulong)chunk));
        _releases = 0;
        Tracks = 0;
        Feed.Clear();
        MusicBrainz.Clear();
        _text.Clear();
        _pieces.Clear();
        Array.Clear(_saidInFeed);
        Array.Clear(_saidInMusicBrainz);
        for (var artist = 0; artist < ArtistsAChunk; artist++)
        {
            _scripts[artist] = SyntheticWords.Script(ref _numbers);
            _names[artist] = Compose(_scripts[artist], 1 + _numbers.Below(3), name: true);
        }

        for (var artist = 0; artist < ArtistsAChunk; artist++)
            Works(artist);
    }

    private void Works(int artist)
    {
        _albums.Clear();
        _albumPieces.Clear();
        var first = _pieces.Count;
        // Most artists have few releases and a few have hundreds; 3.8 on average.
        var releases = _numbers.Unit() switch { < 0.968 => Math.Min(_numbers.Around(2.53), 100), < 0.998 => _numbers.Around(25), _ => Math.Min(_numbers.Around(300), 3000) };
        for (var release = 0; release < releases; release++)
        {
            var opening = _chunk == 0 && artist == 0 && release == 0;
            var musicBrainz = !opening && _numbers.Chance(FromMusicBrainz);
            if (musicBrainz && _albums.Count > 0 && _numbers.Chance(0.35))
            {
                // The other source's words for a release of the feed.
                var copied = _albums[_numbers.Below(_albums.Count)];
                _tracks.Clear();
                _tracks.AddRange(_albumPieces[copied.First..(copied.First + copied.Count)]);
                Write(copied with { IsCopy = true }, musicBrainz: true);
                continue;
            }

            var album = New(artist, first, opening);
            album = album with { First = _albumPieces.Count, Count = _tracks.Count };
            if (!musicBrainz)
            {
                _albums.Add(album);
                _albumPieces.AddRange(_tracks);
            }

            Write(album, musicBrainz);
        }
    }

    // A release, its recordings in _tracks.
    private Album New(int artist, int firstOfArtist, bool opening)
    {
        var size = _numbers.Unit() switch { < 0.578 => 1, < 0.748 => 2 + _numbers.Below(5), _ => 7 + _numbers.Below(12) };
        var year = 2024 - (int)(60 * Math.Pow(_numbers.Unit(), 3));
        var compilation = _pieces.Count > 40 && _numbers.Chance(0.01);
        _tracks.Clear();
        for (var i = 0; i < size; i++)
        {
            var known = _pieces.Count - firstOfArtist;
            var piece = compilation ? _numbers.Below(_pieces.Count)
                : known > 0 && _numbers.Chance(Reissued) ? firstOfArtist + _numbers.Below(known)
                : -1;
            // Nothing twice on one release.
            if (piece < 0 || _tracks.Contains(piece))
                piece = Record(artist, firstOfArtist, year, opening && i == 0);
            _tracks.Add(piece);
            // Nothing is older than what it holds.
            year = Math.Max(year, _pieces[piece].Year);
        }

        // Of a single, the release has the title of the recording.
        var one = _pieces[_tracks[0]];
        var title = size == 1 && _numbers.Chance(0.8) ? (one.TitleStart, one.TitleLength) : Compose(_scripts[artist], 1 + _numbers.Below(3));
        return new Album(_releases, title.Item1, title.Item2, compilation ? -1 : artist, year, 1 + _numbers.Below(12), 1 + _numbers.Below(28), _numbers.Chance(0.75), opening ? 0 : Label(artist), 0, 0, false);
    }

    // A new recording; gives its number within the chunk.
    private int Record(int artist, int firstOfArtist, int year, bool bestKnown)
    {
        var number = _pieces.Count;
        var known = number - firstOfArtist;
        var duration = (int)(195_000 * Math.Exp(0.35 * _numbers.Bell()));
        if (_numbers.Chance(0.004))
            duration = 600_000 + _numbers.Below(3_000_000);
        duration = Math.Max(15_000, duration);
        var suffix = 0;
        (int Start, int Length) title;
        var kind = _numbers.Unit();
        if (kind < 0.02 && known > 0)
        {
            // Another recording of the artist's own: live, an edit, a demo; half of them under the very same title.
            var other = _pieces[firstOfArtist + _numbers.Below(known)];
            title = (other.TitleStart, other.TitleLength);
            suffix = _numbers.Below(6);
            duration = other.DurationMs + (_numbers.Chance(0.3) && other.DurationMs > 60_000 ? -1 : 1) * (12_000 + _numbers.Below(30_000));
        }
        else if (kind < 0.035 && firstOfArtist > 0)
        {
            // A cover.
            var other = _pieces[_numbers.Below(firstOfArtist)];
            title = (other.TitleStart, other.TitleLength);
        }
        else
        {
            title = Compose(_scripts[artist], 1 + Math.Min(_numbers.Below(5), _numbers.Below(6)));
        }

        var isrc = number;
        if (_numbers.Chance(0.01))
            isrc = -1;
        else if (firstOfArtist > 0 && _numbers.Chance(0.005))
            isrc = _pieces[_numbers.Below(firstOfArtist)].Isrc;
        var guest = _numbers.Chance(0.088) ? _numbers.Below(ArtistsAChunk) : -1;
        var listens = bestKnown ? (long)MostListens : Listens();
        _pieces.Add(new Piece(title.Start, title.Length, suffix, duration, isrc, isrc < 0 || isrc == number ? year : _pieces[isrc].Year, artist, guest == artist ? -1 : guest,
            _numbers.Below(3), listens, _numbers.Chance(0.12), listens > 0 && _numbers.Chance(0.13)));
        return number;
    }

    private long Listens()
    {
        var share = _numbers.Unit();
        if (share < Unheard)
            return 0;
        for (var step = 0; step < PopularityShares.Length; step++)
        {
            if (share < PopularityShares[step])
                // At popularity p, 100 · ln(1 + listens) / ln(1 + most).
                return Math.Clamp((long)Math.Exp((step * 10 + (step == 0 ? 3.2 : 0) + _numbers.Unit() * (step == 0 ? 6.6 : 9.9)) / 100 * Math.Log(1 + MostListens)) - (step == 0 ? 1 : 0), 1, (long)MostListens / 2);
            share -= PopularityShares[step];
        }

        return 1;
    }

    private void Write(Album album, bool musicBrainz)
    {
        var lines = musicBrainz ? MusicBrainz : Feed;
        var json = lines.Json;
        var release = _releases++;
        if (album.Artist >= 0)
            Artist(lines, album.Artist, musicBrainz);
        _media.Clear();
        // By the release and not by chance, as another source's words for it have the same media.
        if (_tracks.Count >= 14 && Numbers.Mix(((ulong)_chunk << 24) + (ulong)album.Release) % 5 == 0)
        {
            _media.Add(_tracks.Count / 2);
            _media.Add(_tracks.Count - _tracks.Count / 2);
        }
        else
        {
            _media.Add(_tracks.Count);
        }

        json.Raw("""{"entity":"release","record":{"id":"""u8);
        Id(json, 1, release, musicBrainz);
        json.Raw(""","title":"""u8);
        Varied(json, album.TitleStart, album.TitleLength, 0, album.IsCopy ? Variant(0.9) : 0, album.Year, -1);
        Credit(json, album.Artist, -1, 0, musicBrainz);
        json.Raw(","u8);
        if (album.IsCopy && _numbers.Chance(0.3) || _numbers.Chance(0.02))
        {
            json.Raw("\"date\":\""u8);
            json.Digits(album.Year, 4);
        }
        else
        {
            Date(json, album);
        }

        json.Raw("\""u8);
        if (album.HasGtin && (!musicBrainz || album.IsCopy || _numbers.Chance(0.6)))
        {
            json.Raw(",\"barcode\":\""u8);
            Gtin(json, album.Release);
            json.Raw("\""u8);
        }

        var labelled = album.Label == 0 || _numbers.Chance(musicBrainz ? 0.6 : 0.9);
        if (musicBrainz)
        {
            if (_numbers.Chance(0.7))
            {
                json.Raw(",\"country\":\""u8);
                var country = Countries[_numbers.Chance(0.5) ? _numbers.Below(3) : _numbers.Below(Countries.Length)];
                json.Raw(country);
                json.Raw("\",\"release-events\":[{"u8);
                Date(json, album);
                json.Raw("\",\"area\":{\"iso-3166-1-codes\":[\""u8);
                json.Raw(country);
                json.Raw("\"]}}]"u8);
            }

            if (labelled)
            {
                json.Raw(",\"label-info\":[{\"catalog-number\":\""u8);
                json.Raw("SYN-"u8);
                json.Digits(release * 37L % 100_000, 5);
                json.Raw("\",\"label\":{\"id\":"u8);
                Uuid(json, 4, (ulong)album.Label);
                json.Raw(",\"name\":"u8);
                LabelName(json, album.Label);
                json.Raw("}}]"u8);
            }

            json.Raw(",\"release-group\":{\"id\":"u8);
            Uuid(json, 5, ((ulong)_chunk << 24) + (ulong)album.Release);
            Type(json);
            json.Raw(_numbers.Unit() switch { < 0.04 => ",\"secondary-types\":[\"Live\"]}"u8, < 0.1 => ",\"secondary-types\":[\"Compilation\"]}"u8, _ => ",\"secondary-types\":[]}"u8 });
            if (_numbers.Chance(0.3))
                GenreList(json, album.Artist < 0 ? 0 : album.Artist);
            if (_numbers.Chance(0.4))
                json.Raw(",\"cover-art-archive\":{\"front\":true}"u8);
        }
        else
        {
            json.Raw(",\"release-events\":[{"u8);
            Date(json, album);
            json.Raw("\",\"area\":{\"iso-3166-1-codes\":"u8);
            json.Raw(MarketSets[_numbers.Chance(0.8) ? _numbers.Unit() switch { < 0.6 => 0, < 0.85 => 1, _ => 2 } : 3 + _numbers.Below(MarketSets.Length - 3)]);
            json.Raw("}}]"u8);
            if (labelled)
            {
                json.Raw(",\"label-info\":[{\"label\":{\"name\":"u8);
                LabelName(json, album.Label);
                json.Raw("}}]"u8);
            }

            json.Raw(",\"release-group\":{\"primary-type\":"u8);
            json.Raw(_tracks.Count switch { 1 or 2 => "\"Single\"}"u8, < 7 => "\"EP\"}"u8, _ => "\"Album\"}"u8 });
            if (_numbers.Chance(0.01))
            {
                json.Raw(",\"licence\":\""u8);
                json.Raw(Licences[_numbers.Below(Licences.Length)]);
                json.Raw("\""u8);
            }
        }

        json.Raw(",\"media\":["u8);
        var format = _numbers.Unit() switch { < 0.5 => "\"CD\""u8, < 0.85 => "\"Digital Media\""u8, _ => "\"12\\\" Vinyl\""u8 };
        var next = 0;
        for (var medium = 0; medium < _media.Count; medium++)
        {
            json.Raw(medium == 0 ? "{\"position\":"u8 : ",{\"position\":"u8);
            json.Number(medium + 1);
            json.Raw(",\"format\":"u8);
            json.Raw(musicBrainz ? format : "\"Digital Media\""u8);
            json.Raw(",\"tracks\":["u8);
            for (var position = 1; position <= _media[medium]; position++, next++)
            {
                if (position > 1)
                    json.Raw((byte)',');
                Track(json, album, release, next, position, musicBrainz);
            }

            json.Raw("]}"u8);
        }

        json.Raw("]}}\n"u8);
        Tracks += _tracks.Count;
        lines.Close(_media, _tracks);

        void Type(Utf8Lines to)
        {
            to.Raw(",\"primary-type\":"u8);
            to.Raw(_tracks.Count switch { 1 or 2 => "\"Single\""u8, < 7 => "\"EP\""u8, _ => "\"Album\""u8 });
        }
    }

    private void Track(Utf8Lines json, in Album album, int release, int index, int position, bool musicBrainz)
    {
        var number = _tracks[index];
        var piece = _pieces[number];
        // What the sources disagree about: one in seven of the titles that are met again is spelt another way.
        var again = piece.Met;
        if (!again)
            _pieces[number] = piece with { Met = true };
        var variant = again ? Variant(0.86) : 0;
        var inTitle = piece.Guest >= 0 && again && _numbers.Chance(0.25);
        json.Raw("{"u8);
        if (musicBrainz)
        {
            json.Raw("\"id\":"u8);
            Uuid(json, 6, ((ulong)_chunk << 40) + ((ulong)release << 16) + (ulong)index);
            json.Raw((byte)',');
        }

        json.Raw("\"position\":"u8);
        json.Number(position);
        if (musicBrainz)
        {
            json.Raw(",\"number\":\""u8);
            json.Number(position);
            json.Raw((byte)'"');
        }

        json.Raw(",\"title\":"u8);
        Varied(json, piece.TitleStart, piece.TitleLength, piece.Suffix, variant, album.Year, inTitle ? piece.Guest : -1);
        var length = piece.DurationMs + (again && _numbers.Chance(0.4) ? _numbers.Below(1999) - 999 : 0);
        if (!musicBrainz || _numbers.Chance(0.97))
        {
            json.Raw(",\"length\":"u8);
            json.Number(length);
        }

        if (piece.Artist != album.Artist || piece.Guest >= 0 && !inTitle)
            Credit(json, piece.Artist, inTitle ? -1 : piece.Guest, again && _numbers.Chance(0.3) ? _numbers.Below(Joins.Length) : piece.Join, musicBrainz);
        if (!musicBrainz)
        {
            json.Raw(piece.Explicit ? ",\"explicit\":true"u8 : ",\"explicit\":false"u8);
            if (piece.Listens > 0 || _numbers.Chance(0.3))
            {
                json.Raw(",\"listens\":"u8);
                json.Number(piece.Listens);
            }
        }

        json.Raw(",\"recording\":{"u8);
        if (musicBrainz)
        {
            json.Raw("\"id\":"u8);
            Uuid(json, 3, ((ulong)_chunk << 24) + (ulong)number);
            json.Raw(",\"title\":"u8);
            Varied(json, piece.TitleStart, piece.TitleLength, piece.Suffix, 0, album.Year, -1);
            json.Raw(",\"length\":"u8);
            json.Number(piece.DurationMs);
            json.Raw((byte)',');
        }

        json.Raw("\"isrcs\":["u8);
        if (_numbers.Chance(0.003))
            json.Raw(_numbers.Below(4) switch { 0 => "\"US-S1Z-99-000\""u8, 1 => "\"000000000000\""u8, 2 => "\"N/A\""u8, _ => "\"GBAYE680O123\""u8 });
        else if (piece.Isrc >= 0 && (!musicBrainz || _numbers.Chance(0.7)))
            Isrc(json, piece);
        json.Raw((byte)']');
        if (!musicBrainz && piece.HasFeatures)
            Features(json, number);
        json.Raw("}}"u8);
    }

    private void Features(Utf8Lines json, int number)
    {
        var numbers = new Numbers(Numbers.Mix(((ulong)_chunk << 24) + (ulong)number + 17));
        json.Raw(",\"features\":{\"tempo\":"u8);
        json.Number(60 + numbers.Below(120));
        json.Raw((byte)'.');
        json.Digits(numbers.Below(1000), 3);
        json.Raw(",\"key\":"u8);
        json.Number(numbers.Below(12));
        json.Raw(",\"mode\":"u8);
        json.Number(numbers.Chance(0.6) ? 1 : 0);
        json.Raw(",\"time_signature\":"u8);
        json.Number(numbers.Chance(0.9) ? 4 : 3);
        json.Raw(",\"loudness\":-"u8);
        json.Number(3 + numbers.Below(20));
        json.Raw((byte)'.');
        json.Digits(numbers.Below(1000), 3);
        Share(",\"danceability\":0."u8, ref numbers);
        Share(",\"energy\":0."u8, ref numbers);
        Share(",\"speechiness\":0."u8, ref numbers);
        Share(",\"acousticness\":0."u8, ref numbers);
        Share(",\"instrumentalness\":0."u8, ref numbers);
        Share(",\"liveness\":0."u8, ref numbers);
        Share(",\"valence\":0."u8, ref numbers);
        json.Raw((byte)'}');

        void Share(ReadOnlySpan<byte> name, ref Numbers by)
        {
            json.Raw(name);
            json.Digits((by.Below(1000) + by.Below(1000)) / 2, 3);
        }
    }

    // What a source says of an artist beside the credits, before the first release of a third of them.
    private void Artist(SyntheticLines lines, int artist, bool musicBrainz)
    {
        var said = musicBrainz ? _saidInMusicBrainz : _saidInFeed;
        if (said[artist])
            return;
        said[artist] = true;
        if (!_numbers.Chance(0.35))
            return;
        var json = lines.Json;
        json.Raw("""{"entity":"artist","record":{"id":"""u8);
        Id(json, 2, artist, musicBrainz);
        json.Raw(",\"name\":"u8);
        json.Text(Name(artist));
        if (musicBrainz)
        {
            json.Raw(",\"sort-name\":"u8);
            json.Text(Name(artist));
            if (_scripts[artist] > 1 || _numbers.Chance(0.1))
            {
                _scratch.Clear();
                _scratch.Raw(_words.Draw(0, ref _numbers));
                json.Raw(",\"aliases\":[{\"name\":"u8);
                json.Text(_scratch.Written);
                json.Raw("}]"u8);
            }
        }

        GenreList(json, artist);
        json.Raw("}}\n"u8);
        lines.Close([], []);
    }

    private void GenreList(Utf8Lines json, int artist)
    {
        var numbers = new Numbers(Numbers.Mix(((ulong)_chunk << 8) + (ulong)artist));
        var count = 1 + numbers.Below(3);
        // From a few neighbours in the list, so that sets of genres are met again.
        var first = (int)(Genres.Length * Math.Pow(numbers.Unit(), 2));
        json.Raw(",\"genres\":["u8);
        for (var i = 0; i < count; i++)
        {
            json.Raw(i == 0 ? "{\"name\":"u8 : ",{\"name\":"u8);
            json.Text(Genres[(first + i * 7) % Genres.Length]);
            json.Raw((byte)'}');
        }

        json.Raw((byte)']');
    }

    private void Credit(Utf8Lines json, int artist, int guest, int join, bool musicBrainz)
    {
        json.Raw(",\"artist-credit\":["u8);
        One(artist, guest < 0 ? [] : Joins[join]);
        if (guest >= 0)
        {
            json.Raw((byte)',');
            One(guest, []);
        }

        json.Raw((byte)']');

        void One(int who, ReadOnlySpan<byte> joinPhrase)
        {
            json.Raw("{\"name\":"u8);
            json.Text(Name(who));
            json.Raw(",\"joinphrase\":"u8);
            json.Text(joinPhrase);
            json.Raw(",\"artist\":{\"id\":"u8);
            Id(json, 2, who, musicBrainz);
            json.Raw(",\"name\":"u8);
            json.Text(Name(who));
            if (musicBrainz)
            {
                json.Raw(",\"sort-name\":"u8);
                json.Text(Name(who));
            }

            json.Raw("}}"u8);
        }
    }

    // -1 is nobody in particular.
    private ReadOnlySpan<byte> Name(int artist) => artist < 0 ? "Various Artists"u8 : _text.Written.Slice(_names[artist].Start, _names[artist].Length);

    // How a text is spelt when it is met again: 0 as it was, with this share.
    private int Variant(double same) => _numbers.Unit() < same ? 0 : 1 + _numbers.Below(7);

    /// <summary>A title, of a recording with what sets it apart from another of the same title, and spelt as the variant has it.</summary>
    private void Varied(Utf8Lines json, int start, int length, int suffix, int variant, int year, int guest)
    {
        if (suffix < 3 && variant == 0 && guest < 0)
        {
            json.Text(_text.Written.Slice(start, length));
            return;
        }

        _scratch.Clear();
        _scratch.Raw(_text.Written.Slice(start, length));
        var text = _scratch.Written;
        switch (variant)
        {
            case 1 or 2:
                // Upper or lower case, ASCII alone.
                for (var i = 0; i < text.Length; i++)
                    text[i] = variant == 1 && text[i] is >= (byte)'a' and <= (byte)'z' ? (byte)(text[i] - 32) : variant == 2 && text[i] is >= (byte)'A' and <= (byte)'Z' ? (byte)(text[i] + 32) : text[i];
                break;
            case 3:
                _scratch.Raw("!"u8);
                break;
            case 4 or 5 when text.IndexOfAny("aeou"u8) is >= 0 and var at:
                // á é ó ú are C3 and A1, A9, B3, BA.
                var accented = text[at] switch { (byte)'a' => (byte)0xA1, (byte)'e' => (byte)0xA9, (byte)'o' => (byte)0xB3, _ => (byte)0xBA };
                _scratch.Raw((byte)0);
                text = _scratch.Written;
                text[(at + 1)..^1].CopyTo(text[(at + 2)..]);
                text[at] = 0xC3;
                text[at + 1] = accented;
                break;
        }

        _scratch.Raw(suffix switch { 3 => " (Live)"u8, 4 => " (Radio Edit)"u8, 5 => " (Demo)"u8, _ => [] });
        if (guest >= 0)
        {
            _scratch.Raw(variant % 2 == 0 ? " (feat. "u8 : " [ft. "u8);
            _scratch.Raw(Name(guest));
            _scratch.Raw(variant % 2 == 0 ? ")"u8 : "]"u8);
        }

        if (variant is 6 or 7)
        {
            _scratch.Raw(variant == 6 ? " (Remastered "u8 : " - "u8);
            _scratch.Digits(Math.Min(2024, year + 1), 4);
            _scratch.Raw(variant == 6 ? ")"u8 : " Remaster"u8);
        }

        json.Text(_scratch.Written);
    }

    // Words of a script put into the chunk's text.
    private (int Start, int Length) Compose(int script, int words, bool name = false)
    {
        var start = _text.Length;
        for (var i = 0; i < words; i++)
        {
            if (i > 0 && script != SyntheticWords.Han)
                _text.Raw((byte)' ');
            var at = _text.Length;
            // Everybody borrows from Latin letters now and then.
            var used = script != 0 && _numbers.Chance(0.1) ? 0 : script;
            // A title of one word is not a frequent one, or an artist would have it several times; nor does a name begin with one.
            _text.Raw(_words.Draw(used, ref _numbers, rare: words == 1 || (name && i == 0)));
            var first = _text.Written[at..];
            if (first[0] is >= (byte)'a' and <= (byte)'z')
                first[0] -= 32;
        }

        if (_numbers.Chance(0.005))
            _text.Raw(_numbers.Chance(0.5) ? " \"?\""u8 : " \\o/"u8);
        return (start, _text.Length - start);
    }

    // The first label says what all of this is.
    private int Label(int artist) => _numbers.Chance(0.01) ? 0 : (int)(Numbers.Mix(((ulong)_chunk << 8) + (ulong)artist + 1) % (ulong)Math.Max(1, (int)Math.Exp(_numbers.Unit() * Math.Log(_labels))));

    private void LabelName(Utf8Lines json, int label)
    {
        if (label == 0)
        {
            json.Text("Synthetic, not music"u8);
            return;
        }

        var numbers = new Numbers(Numbers.Mix((ulong)label + 0x6C6162656CUL));
        _scratch.Clear();
        _scratch.Raw(_words.Draw(0, ref numbers));
        var first = _scratch.Written;
        if (first[0] is >= (byte)'a' and <= (byte)'z')
            first[0] -= 32;
        _scratch.Raw((byte)' ');
        _scratch.Raw(_words.Draw(0, ref numbers));
        _scratch.Raw(numbers.Below(3) switch { 0 => " Records"u8, 1 => " Music"u8, _ => " Recordings"u8 });
        json.Text(_scratch.Written);
    }

    private static void Date(Utf8Lines json, in Album album)
    {
        json.Raw("\"date\":\""u8);
        json.Digits(album.Year, 4);
        json.Raw((byte)'-');
        json.Digits(album.Month, 2);
        json.Raw((byte)'-');
        json.Digits(album.Day, 2);
    }

    // Twelve digits, its own for each release, and the check digit of GS1.
    private void Gtin(Utf8Lines json, int release)
    {
        var digits = 400_000_000_000L + _chunk * 100_000L + release;
        var sum = 0L;
        var rest = digits;
        for (var i = 0; i < 12; i++, rest /= 10)
            sum += rest % 10 * (i % 2 == 0 ? 3 : 1);
        json.Number(digits * 10 + (10 - sum % 10) % 10);
    }

    // A registrant for each chunk, and within it a code for each recording.
    private void Isrc(Utf8Lines json, in Piece piece)
    {
        var spelt = _numbers.Below(200);
        json.Raw((byte)'"');
        var country = Countries[_chunk % Countries.Length];
        var registrant = (int)((_chunk / Countries.Length * 27_431L + 9_001) % 46_656);
        Span<byte> letters = stackalloc byte[3];
        for (var i = 2; i >= 0; i--, registrant /= 36)
            letters[i] = (byte)(registrant % 36 < 10 ? '0' + registrant % 36 : 'A' + registrant % 36 - 10);
        if (spelt == 1)
        {
            foreach (ref var letter in letters)
                letter = letter >= (byte)'A' ? (byte)(letter + 32) : letter;
            json.Raw([(byte)(country[0] + 32), (byte)(country[1] + 32)]);
        }
        else
        {
            json.Raw(country);
        }

        if (spelt == 0)
            json.Raw((byte)'-');
        json.Raw(letters);
        if (spelt == 0)
            json.Raw((byte)'-');
        json.Digits(piece.IsrcYear % 100, 2);
        if (spelt == 0)
            json.Raw((byte)'-');
        json.Digits(piece.Isrc % 100_000, 5);
        json.Raw((byte)'"');
    }

    private void Id(Utf8Lines json, int kind, int number, bool musicBrainz)
    {
        // Nobody in particular is the same in all chunks.
        var whole = number < 0 ? (1UL << 40) - 1 : ((ulong)_chunk << 20) + (ulong)number;
        if (musicBrainz)
        {
            Uuid(json, kind, whole);
            return;
        }

        // An odd factor modulo a power of two gives each number another key.
        var key = whole * 0xD1342543DE82EF95UL & ((1UL << 40) - 1);
        var room = json.Room(10);
        room[0] = (byte)'"';
        for (var i = 1; i <= 8; i++, key >>= 5)
            room[i] = "abcdefghijkmnpqrstuvwxyz23456789"u8[(int)(key & 31)];
        room[9] = (byte)'"';
        json.Advance(10);
    }

    private static void Uuid(Utf8Lines json, int kind, ulong number)
    {
        var high = Numbers.Mix(number * 8 + (ulong)kind);
        var low = Numbers.Mix(high + 0x9E3779B97F4A7C15UL);
        // Version 4, variant 1 (RFC 9562).
        high = high & ~0xF000UL | 0x4000;
        low = low & ~(3UL << 62) | 2UL << 62;
        var room = json.Room(38);
        room[0] = room[37] = (byte)'"';
        var at = 1;
        for (var i = 60; i >= 0; i -= 4)
        {
            room[at++] = "0123456789abcdef"u8[(int)(high >> i & 15)];
            if (at is 9 or 14)
                room[at++] = (byte)'-';
        }

        room[at++] = (byte)'-';
        for (var i = 60; i >= 0; i -= 4)
        {
            room[at++] = "0123456789abcdef"u8[(int)(low >> i & 15)];
            if (at is 24)
                room[at++] = (byte)'-';
        }

        json.Advance(38);
    }

    private static byte[][] Bytes(params string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    // Worldwide, one country, two; then three dozen others of 1 to 180 countries.
    private static byte[][] Markets()
    {
        var codes = ("AD AE AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD CG CH CI CL CM CO CR CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ES ET FI FJ FM FR GA GB GD GE GH GM GN GQ GR GT GW "
            + "GY HK HN HR HT HU ID IE IL IN IQ IS IT JM JO JP KE KG KH KI KM KN KR KW KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH MK ML MN MO MR MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NR NZ OM PA PE PG PH "
            + "PK PL PS PT PW PY QA RO RS RW SA SB SC SE SG SI SK SL SM SN SR ST SV SZ TD TG TH TJ TL TN TO TR TT TV TW TZ UA UG US UY UZ VC VE VN VU WS XK ZA ZM ZW").Split(' ')[..180];
        var numbers = new Numbers(180);
        List<string[]> sets = [.. "XW;US;CA US".Split(';').Select(set => set.Split(' ')), codes];
        for (var i = 0; i < 32; i++)
        {
            var share = Math.Pow(numbers.Unit(), 2);
            var set = codes.Where(_ => numbers.Chance(share)).ToArray();
            sets.Add(set.Length == 0 ? [codes[numbers.Below(codes.Length)]] : set);
        }

        return [.. sets.Select(set => Encoding.ASCII.GetBytes("[\"" + string.Join("\",\"", set) + "\"]"))];
    }

    private readonly record struct Piece(
        int TitleStart, int TitleLength, int Suffix, int DurationMs, int Isrc, int IsrcYear, int Artist, int Guest, int Join, long Listens, bool Explicit, bool HasFeatures, bool Met = false)
    {
        public int Year => IsrcYear;
    }

    private readonly record struct Album(
        int Release, int TitleStart, int TitleLength, int Artist, int Year, int Month, int Day, bool HasGtin, int Label, int First, int Count, bool IsCopy);
}

/// <summary>Lines of one source, and for each what it holds in truth.</summary>
internal sealed class SyntheticLines
{
    private int _start;

    public Utf8Lines Json { get; } = new();

    public List<int> LineBytes { get; } = [];

    /// <summary>For each line, the tracks of its media, and its recordings one after another, by their numbers in the chunk.</summary>
    public List<int[]> Media { get; } = [];

    public List<int> Recordings { get; } = [];

    public void Clear()
    {
        Json.Clear();
        LineBytes.Clear();
        Media.Clear();
        Recordings.Clear();
        _start = 0;
    }

    public void Close(List<int> media, List<int> recordings)
    {
        LineBytes.Add(Json.Length - _start);
        _start = Json.Length;
        Media.Add([.. media]);
        Recordings.AddRange(recordings);
    }
}
