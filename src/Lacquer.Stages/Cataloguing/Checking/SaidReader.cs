using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Cataloguing.Parsing;
using Lacquer.Stages.Cataloguing.Staging;

namespace Lacquer.Stages.Cataloguing.Checking;

/// <summary>Reads lines of an accession as a build does, into texts that can be compared.</summary>
internal sealed class SaidReader
{
    private readonly IRecordReader _reader;
    private readonly RecordBatch _batch = new();
    private readonly List<SaidCredit?> _credits = [];

    public SaidReader(AccessionHeader accession, RecordOrigin origin) => _reader = RecordReaders.Of(accession, origin);

    /// <summary>What a line says; null where it is set aside.</summary>
    public SaidRecord? Read(ReadOnlyMemory<byte> line, long offset)
    {
        _batch.Clear();
        _credits.Clear();
        try
        {
            _reader.Read(line, offset, _batch);
        }
        catch (FormatException)
        {
            return null;
        }

        SaidArtist? artist = null;
        foreach (var said in _batch.Artists)
        {
            var from = new PayloadReader(_batch.Names.Written.Slice(said.Start, said.Length));
            artist = Artist(ArtistPayload.Read(ref from));
        }

        if (_batch.Documents.Count == 0)
            return artist is not null ? new SaidRecord(0, null, [], artist, [], 0) : _batch.AsideAtHarvest > 0 ? null : SaidRecord.Nothing;
        foreach (var named in _batch.Credits)
            _credits.Add(Credit(new PayloadReader(_batch.Names.Written.Slice(named.Start, named.Length))));
        var document = _batch.Documents[0];
        var recordings = new List<SaidRecording>(_batch.Mentions.Count);
        foreach (var mention in _batch.Mentions)
            recordings.Add(Recording(MentionPayload.Read(Payload(mention.Offset))));
        return new SaidRecord(document.Key, document.Offset < 0 ? null : Release(ReleasePayload.Read(Payload(document.Offset))), recordings, artist, _credits.OfType<SaidCredit>().SelectMany(c => c.Artists).ToList(), XxHash3.HashToUInt64(line.Span));
    }

    /// <summary>Features of a sound as one text.</summary>
    public static string Features(ReadOnlySpan<double?> numbers)
    {
        var text = new StringBuilder();
        foreach (var number in numbers)
            text.Append(number is { } known ? ((float)known).ToString("R", CultureInfo.InvariantCulture) : "-").Append(' ');
        return text.ToString().TrimEnd();
    }

    /// <summary>Words as one text, each once and in order.</summary>
    public static string Words(IEnumerable<string> words) => string.Join("; ", words.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    public static string Label(string? name, string? number) => $"{name}/{number}";

    public static string Medium(int position, string? format, string? title) => string.Create(CultureInfo.InvariantCulture, $"{position}: {format}/{title}");

    public static string Image(string type, string? url, string? digest) => $"{type} {url}{digest}";

    public static string CreditText(IEnumerable<(string Name, string JoinPhrase, string? Role)> names)
    {
        var text = new StringBuilder();
        foreach (var (name, join, role) in names)
            text.Append(text.Length > 0 ? "|" : "").Append(name).Append(string.IsNullOrEmpty(role) ? "" : $" ({role})").Append('|').Append(join);
        return text.ToString().TrimEnd('|');
    }

    private ReadOnlySpan<byte> Payload(long start)
    {
        var length = (int)_batch.Payloads.FixedAt((int)start);
        return _batch.Payloads.Written.Slice((int)start + PayloadLayout.LengthBytes, length);
    }

    private static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    private static Guid? Mbid(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? null : new Guid(bytes, bigEndian: true);

    private static string? Key(ReadOnlySpan<byte> key) => key.IsEmpty ? null : Text(key);

    private static List<string> All(PayloadWords words)
    {
        var all = new List<string>(words.Count);
        var from = words.Reader();
        for (var i = 0; i < words.Count; i++)
            all.Add(Text(from.Text()));
        return all;
    }

    private static SaidArtist Artist(ArtistPayload artist)
    {
        var facts = new List<Fact> { new("artist.name", Text(artist.Name)) };
        if (!artist.SortName.IsEmpty)
            facts.Add(new Fact("artist.sort_name", Text(artist.SortName)));
        if (artist.Genres.Count > 0)
            facts.Add(new Fact("artist.genres", Words(All(artist.Genres))));
        foreach (var alias in artist.Aliases.Count > 0 ? All(artist.Aliases) : [])
            facts.Add(new Fact("artist.alias", alias, IsMember: true));
        return new SaidArtist(new EntityId(EntityKind.Artist, artist.Id), Mbid(artist.Mbid), Key(artist.Key), Text(artist.Name), facts);
    }

    private static SaidCredit Credit(PayloadReader from)
    {
        from.Text();
        var names = new List<(string, string, string?)>();
        var artists = new List<SaidArtist>();
        for (var count = from.Number(); count > 0; count--)
        {
            names.Add((Text(from.Text()), Text(from.Text()), Text(from.Text())));
            artists.Add(Artist(ArtistPayload.Read(ref from)));
        }

        return new SaidCredit(CreditText(names), artists);
    }

    private SaidCredit? CreditOf(uint credit) => credit == Mention.None ? null : _credits[(int)credit];

    private SaidRelease Release(ReleasePayload release)
    {
        var facts = new List<Fact> { new("release.title", Text(release.Title)) };
        if (release.Date != 0)
            facts.Add(new Fact("release.date", release.Date.ToString(CultureInfo.InvariantCulture)));
        if (release.Gtin != 0)
            facts.Add(new Fact("release.gtin", release.Gtin.ToString(CultureInfo.InvariantCulture)));
        if (!release.Type.IsEmpty)
            facts.Add(new Fact("release.type", Text(release.Type)));
        if (!release.Licence.IsEmpty)
            facts.Add(new Fact("release.licence", Text(release.Licence)));
        if (release.Genres.Count > 0)
            facts.Add(new Fact("release.genres", Words(All(release.Genres))));
        foreach (var alias in release.Aliases.Count > 0 ? All(release.Aliases) : [])
            facts.Add(new Fact("release.alias", alias, IsMember: true));
        if (Mbid(release.Mbid) is { } mbid)
            facts.Add(new Fact("release.mbid", mbid.ToString()));
        if (Key(release.Key) is { } key)
            facts.Add(new Fact("release.key", key, IsMember: true));
        if (release.MarketSet != Mention.None)
        {
            var set = _batch.MarketSets[(int)release.MarketSet];
            facts.Add(new Fact("release.markets", string.Join(' ', Text(_batch.Names.Written.Slice(set.Start, set.Length)).Chunk(2).Select(c => new string(c)))));
        }

        if (release.Parts.HasFlag(ReleaseParts.Labels))
            facts.Add(new Fact("release.labels", Items(release.Labels, from => Label(Text(from.Next()), Text(from.Next())))));
        if (release.Parts.HasFlag(ReleaseParts.Images))
        {
            var archive = Mbid(release.Mbid);
            facts.Add(new Fact("release.images", Items(release.Images, from =>
            {
                var (type, url, digest) = (Text(from.Next()), Text(from.Next()), Convert.ToHexStringLower(from.Next()));
                // The address at the Cover Art Archive is left out, as it says no more than the MBID.
                return Image(type, url.Length + digest.Length == 0 && archive is { } mbid ? $"https://coverartarchive.org/release/{mbid:D}/{type}" : url, digest);
            })));
        }

        if (release.Parts.HasFlag(ReleaseParts.Media))
        {
            var from = release.Media;
            var media = new SortedDictionary<int, string>();
            for (var count = from.Number(); count > 0; count--)
            {
                var position = (int)from.Number();
                // Of two at one position the first.
                media.TryAdd(position, Medium(position, Text(from.Text()), Text(from.Text())));
            }

            facts.Add(new Fact("release.media", string.Join("; ", media.Values)));
        }

        return new SaidRelease(new EntityId(EntityKind.Release, release.Id), Mbid(release.Mbid), Key(release.Key), release.Parts.HasFlag(ReleaseParts.IsWhole), CreditOf(release.Credit), facts);
    }

    private SaidRecording Recording(MentionPayload said)
    {
        var facts = new List<Fact>(4) { new("recording.title", Text(said.Title)) };
        if (said.DurationMs > 0)
            facts.Add(new Fact("recording.duration_ms", said.DurationMs.ToString(CultureInfo.InvariantCulture)));
        if (said.Isrc != 0)
            facts.Add(new Fact("recording.isrc", Isrc.FromPacked(said.Isrc - 1).ToString(), IsMember: true));
        if (said.Parts.HasFlag(MentionParts.FurtherIsrcs))
        {
            var from = said.FurtherIsrcs;
            for (var count = from.Number(); count > 0; count--)
                facts.Add(new Fact("recording.isrc", Isrc.FromPacked((long)from.Number()).ToString(), IsMember: true));
        }

        if (said.IsExplicit is { } isExplicit)
            facts.Add(new Fact("recording.explicit", isExplicit ? "yes" : "no"));
        if (!said.Licence.IsEmpty)
            facts.Add(new Fact("recording.licence", Text(said.Licence)));
        if (said.Genres.Count > 0)
            facts.Add(new Fact("recording.genres", Words(All(said.Genres))));
        foreach (var alias in said.Aliases.Count > 0 ? All(said.Aliases) : [])
            facts.Add(new Fact("recording.alias", alias, IsMember: true));
        if (Mbid(said.Mbid) is { } mbid)
            facts.Add(new Fact("recording.mbid", mbid.ToString()));
        if (Key(said.Key) is { } key)
            facts.Add(new Fact("recording.key", key, IsMember: true));
        if (!said.Features.IsEmpty)
        {
            var numbers = new double?[PayloadLayout.Features];
            for (var i = 0; i < numbers.Length; i++)
            {
                var number = BinaryPrimitives.ReadSingleLittleEndian(said.Features[(4 * i)..]);
                // Key, mode and time signature are whole.
                numbers[i] = float.IsNaN(number) ? null : i is 1 or 2 or 3 ? (long)Math.Clamp(number, -1e6, 1e6) : number;
            }

            facts.Add(new Fact("recording.features", Features(numbers)));
        }

        return new SaidRecording(
            new EntityId(EntityKind.Recording, said.Id), Mbid(said.Mbid), Key(said.Key), said.Parts.HasFlag(MentionParts.IsTrack), said.Medium, said.Position, CreditOf(said.Credit), facts,
            Text(said.TrackTitle.IsEmpty ? said.Title : said.TrackTitle), CreditOf(said.TrackCredit == Mention.None ? said.Credit : said.TrackCredit), said.TrackDurationMs == 0 ? said.DurationMs : said.TrackDurationMs);
    }

    private static string Items(PayloadReader list, Func<TextList, string> item)
    {
        var count = (int)list.Number();
        var rest = new TextList(list.Rest.ToArray());
        return string.Join("; ", Enumerable.Range(0, count).Select(_ => item(rest)));
    }

    /// <summary>Texts behind their lengths, one after another.</summary>
    private sealed class TextList(byte[] bytes)
    {
        private int _at;

        public ReadOnlySpan<byte> Next()
        {
            var from = new PayloadReader(bytes.AsSpan(_at));
            var text = from.Text();
            _at = bytes.Length - from.Rest.Length;
            return text;
        }
    }
}
