using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lacquer.Formats.Accessions;

namespace Lacquer.Benchmarks;

/// <summary>
/// What becomes known of <see cref="SyntheticMusic"/> after the first edition: a source that counts listens, <c>synthetic-listens</c>, speaks of 5 % of the feed's ISRCs before it and again after it, of each a greater
/// number; and the feed tells 1 % of its releases anew, with other titles: the last word of the release's, and of each track's. Last, instead of these, the whole feed again, with the same releases told anew.
/// </summary>
internal static class SyntheticUpdate
{
    private const double Heard = 0.05;
    private const double Retold = 0.01;
    private const int LinesARound = 1 << 16;

    /// <summary>Writes the accessions beside those of the music. The first is of the first edition already.</summary>
    public static IReadOnlyList<SyntheticSource> Write(string folder, SyntheticSet music)
    {
        using var before = new Writer(folder, new SyntheticSource(3, "synthetic-listens", "release/1", 0, 0, 0, "", "listens-before"));
        using var after = new Writer(folder, new SyntheticSource(4, "synthetic-listens", "release/1", 0, 0, 0, "", "listens-after"));
        using var retold = new Writer(folder, new SyntheticSource(5, "synthetic-feed", "release/1", 0, 0, 0, "", "feed-retold"));
        using var whole = new Writer(folder, new SyntheticSource(6, "synthetic-feed", "release/1", 0, 0, 0, "", "feed-whole"));
        var told = new HashSet<string>(StringComparer.Ordinal);
        using var feed = AccessionReader.Open(music.Sources[0].Accession(folder));
        var lines = 0L;
        foreach (var line in feed.Lines())
        {
            lines++;
            var numbers = new Numbers(Numbers.Mix((ulong)lines));
            var isRetold = numbers.Chance(Retold);
            var root = isRetold || IsAnyHeard(line.Line.Span) ? JsonNode.Parse(line.Line.Span)!.AsObject() : null;
            isRetold &= (string?)root?["entity"] == "release";
            if (!isRetold)
                whole.Add([.. line.Line.Span, (byte)'\n']);
            if ((string?)root?["entity"] != "release")
                continue;
            var release = root!["record"]!.AsObject();
            foreach (var track in release["media"]!.AsArray().SelectMany(medium => medium!["tracks"]!.AsArray()))
                Listens(track!.AsObject());
            if (!isRetold)
                continue;
            var anew = Encoding.UTF8.GetBytes(Anew(root, release, ref numbers).ToJsonString() + "\n");
            retold.Add(anew);
            whole.Add(anew);
        }

        return [before.Finish(), after.Finish(), retold.Finish(), whole.Finish()];

        void Listens(JsonObject track)
        {
            if (track["recording"]!["isrcs"]!.AsArray() is not [var code, ..] || (string?)code is not { } isrc || !IsHeard(Encoding.ASCII.GetBytes(isrc)) || !told.Add(isrc))
                return;
            var numbers = new Numbers(Hash(Encoding.ASCII.GetBytes(isrc)) + 1);
            var listens = (long?)track["listens"] ?? 0;
            var first = 1 + numbers.Below(5) + (long)(listens * (0.05 + 0.1 * numbers.Unit()));
            before.Add(Line(isrc, track, first));
            after.Add(Line(isrc, track, first + numbers.Around(2) + (long)(first * 0.3 * numbers.Unit())));
        }
    }

    private static byte[] Line(string isrc, JsonObject track, long listens) => JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object?>
    {
        ["entity"] = "recording",
        ["record"] = new Dictionary<string, object?> { ["id"] = isrc, ["title"] = (string?)track["title"], ["length"] = (long?)track["length"], ["isrcs"] = new[] { isrc }, ["listens"] = listens },
    }).Append((byte)'\n').ToArray();

    private static JsonObject Anew(JsonObject root, JsonObject release, ref Numbers numbers)
    {
        release["title"] = Other((string)release["title"]!, ref numbers);
        foreach (var track in release["media"]!.AsArray().SelectMany(medium => medium!["tracks"]!.AsArray()))
            track!["title"] = Other((string)track["title"]!, ref numbers);
        return root;
    }

    private static string Other(string title, ref Numbers numbers)
    {
        var word = new char[4 + numbers.Below(6)];
        for (var i = 0; i < word.Length; i++)
            word[i] = (char)('a' + numbers.Below(26));
        return string.Create(CultureInfo.InvariantCulture, $"{title[..(title.LastIndexOf(' ') + 1)]}{new string(word)}");
    }

    // Whether a line has any of the codes that are heard of, without reading it whole.
    private static bool IsAnyHeard(ReadOnlySpan<byte> line)
    {
        var key = "\"isrcs\":[\""u8;
        for (var at = line.IndexOf(key); at >= 0; at = line.IndexOf(key))
        {
            line = line[(at + key.Length)..];
            if (IsHeard(line[..Math.Max(0, line.IndexOf((byte)'"'))]))
                return true;
        }

        return false;
    }

    private static bool IsHeard(ReadOnlySpan<byte> isrc) => isrc.Length == 12 && new Numbers(Hash(isrc)).Chance(Heard);

    private static ulong Hash(ReadOnlySpan<byte> text)
    {
        var hash = 0xCBF29CE484222325UL;
        foreach (var letter in text)
            hash = (hash ^ letter) * 0x100000001B3;
        return hash;
    }

    private sealed class Writer(string folder, SyntheticSource source) : IDisposable
    {
        private readonly SyntheticAccession _accession = new(source.Accession(folder), new AccessionHeader(source.Number, source.Name, source.Adapter));
        private int _lines;

        public void Add(byte[] line)
        {
            _accession.Add(line, [line.Length]);
            if (++_lines % LinesARound == 0)
                _accession.Write();
        }

        public SyntheticSource Finish()
        {
            var sha256 = _accession.Finish();
            return source with { Records = _accession.Records, Bytes = _accession.Bytes, LengthBytes = new FileInfo(source.Accession(folder)).Length, Sha256 = sha256 };
        }

        public void Dispose() => _accession.Dispose();
    }
}
