using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Lacquer.Formats.Accessions;

namespace Lacquer.Benchmarks;

/// <summary>
/// Writes an accession of made-up music of any size, the same for the same size. Its shape is that of a streaming service's catalogue: 4.4 tracks a release, 3.8 releases an artist, 1.376 tracks
/// an ISRC, nine recordings in ten all but unheard and a few heard by everybody, durations around three minutes, years rising to 2024, titles in several scripts. Every title says that it is synthetic by
/// what it is: words put together from syllables at random.
/// </summary>
internal sealed class SyntheticMusic
{
    private const double TracksARelease = 4.4;
    private const double ReleasesAnArtist = 3.8;
    private const double TracksAnIsrc = 1.376;
    private const double MostListens = 5e9;

    // Share of recordings by popularity in steps of ten, the last a single recording.
    private static readonly double[] PopularityShares = [0.951, 0.028, 0.012, 0.0054, 0.0019, 0.0006, 0.0003, 0.0002, 0.0001];

    private static readonly string[][] Syllables =
    [
        ["ba", "ro", "mi", "ta", "lu", "ne", "si", "ko", "ver", "an", "del", "ris", "tho", "ga", "pe", "wyn", "al", "or", "en", "ist"],
        ["лю", "бо", "вь", "не", "ра", "ма", "ти", "ко", "но", "вес"],
        ["é", "mo", "ção", "nho", "já", "são", "lé", "tê", "ñu", "çi"],
        ["夜", "空", "恋", "花", "雨", "東", "京", "月", "海", "風"],
        ["사", "랑", "하", "늘", "바", "다", "별", "빛"],
    ];

    private readonly Numbers _numbers = new(20240917);
    private readonly string[] _words;

    public SyntheticMusic()
    {
        _words = new string[50_000];
        for (var i = 0; i < _words.Length; i++)
        {
            var script = _numbers.Below(100) switch { < 80 => 0, < 88 => 1, < 94 => 2, < 98 => 3, _ => 4 };
            _words[i] = string.Concat(Enumerable.Range(0, 1 + _numbers.Below(3)).Select(_ => Syllables[script][_numbers.Below(Syllables[script].Length)]));
        }
    }

    /// <summary>Writes this many tracks and gives the number of lines.</summary>
    public long Write(AccessionWriter writer, long tracks, Action<long> progress)
    {
        using var buffer = new MemoryStream();
        using var json = new Utf8JsonWriter(buffer);
        var written = 0L;
        for (var artist = 0; written < tracks; artist++)
        {
            var name = Title(2);
            var back = new List<Piece>();
            for (var release = 0; release < Around(ReleasesAnArtist) && written < tracks; release++)
            {
                var album = Title(3);
                // Squaring leans the years towards the last one.
                var year = 2024 - (int)(60 * Math.Pow(_numbers.Unit(), 3));
                var gtin = _numbers.Below(4) > 0 ? 5_000_000_000_000L + (long)artist * 100 + release : (long?)null;
                var size = Around(TracksARelease);
                for (var position = 1; position <= size && written < tracks; position++, written++)
                {
                    // A reissue carries an older recording's code, title and all but its length.
                    Piece piece;
                    if (back.Count > 0 && _numbers.Unit() < 1 - 1 / TracksAnIsrc)
                    {
                        piece = back[_numbers.Below(back.Count)];
                    }
                    else
                    {
                        var duration = Math.Max(20, 195 + 60 * (_numbers.Unit() + _numbers.Unit() + _numbers.Unit() - 1.5) * 2);
                        piece = new Piece(Title(4), Isrc(written, year), duration, Listens());
                        back.Add(piece);
                    }

                    buffer.SetLength(0);
                    json.Reset();
                    Line(json, artist, release, position, name, album, year, gtin, piece);
                    json.Flush();
                    writer.Add(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
                }
            }

            if (artist % 10_000 == 0)
                progress(written);
        }

        return written;
    }

    private static void Line(Utf8JsonWriter json, int artist, int release, int position, string name, string album, int year, long? gtin, Piece piece)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"{artist:D8}/{release:D3}/{position:D3}.ogg");
        json.WriteStartObject();
        json.WriteString("key", key);
        json.WriteStartObject("record");
        json.WriteNumber("length", (long)(piece.Seconds * 20_000));
        json.WriteString("sha256", Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(key))));
        json.WriteStartObject("probe");
        json.WriteStartArray("streams");
        json.WriteStartObject();
        json.WriteString("codec_name", "vorbis");
        json.WriteString("codec_type", "audio");
        json.WriteString("sample_rate", "44100");
        json.WriteNumber("channels", 2);
        json.WriteString("duration", piece.Seconds.ToString("0.000", CultureInfo.InvariantCulture));
        json.WriteStartObject("tags");
        json.WriteString("TITLE", piece.Title);
        json.WriteString("ARTIST", name);
        json.WriteString("ALBUM", album);
        json.WriteString("album_artist", name);
        json.WriteString("DATE", year.ToString(CultureInfo.InvariantCulture));
        json.WriteString("track", position.ToString(CultureInfo.InvariantCulture));
        json.WriteString("ISRC", piece.Isrc);
        if (gtin is { } barcode)
            json.WriteString("BARCODE", barcode.ToString(CultureInfo.InvariantCulture));
        json.WriteString("LICENSE", "CC-BY-4.0");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartObject("format");
        json.WriteString("format_name", "ogg");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartArray("evidence");
        json.WriteEndArray();
        if (piece.Listens > 0)
            json.WriteNumber("listens", piece.Listens);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string Isrc(long number, int year) => string.Create(CultureInfo.InvariantCulture, $"ZZ{(char)('A' + number / 100_000 / 676 % 26)}{(char)('A' + number / 100_000 / 26 % 26)}{(char)('A' + number / 100_000 % 26)}{year % 100:D2}{number % 100_000:D5}");

    private long Listens()
    {
        var share = _numbers.Unit();
        for (var step = 0; step < PopularityShares.Length; step++)
        {
            if (share < PopularityShares[step])
                return (long)Math.Exp((step * 10 + _numbers.Unit() * 10) / 100 * Math.Log(MostListens)) - 1;
            share -= PopularityShares[step];
        }

        return (long)MostListens;
    }

    private string Title(int most) => string.Join(' ', Enumerable.Range(0, 1 + _numbers.Below(most)).Select(_ => _words[(int)(_words.Length * Math.Pow(_numbers.Unit(), 2))]));

    // A whole number of this mean, at least 1, spread geometrically.
    private int Around(double mean) => 1 + (int)(Math.Log(1 - _numbers.Unit()) / Math.Log(1 - 1 / mean));

    private sealed record Piece(string Title, string Isrc, double Seconds, long Listens);

    /// <summary>SplitMix64: the same numbers on every machine and in every version of .NET.</summary>
    private sealed class Numbers(ulong seed)
    {
        private ulong _state = seed;

        public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

        public int Below(int limit) => (int)(Next() % (ulong)limit);

        private ulong Next()
        {
            var z = _state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
