using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Sources;

/// <summary>
/// A ListenBrainz dump of listens, <c>listenbrainz-listens-dump-N-DATE-TIME-full.tar.zst</c> or <c>…-incremental.tar.zst</c>, older ones in <c>.tar.xz</c>: a tar archive with <c>TIMESTAMP</c>, or
/// <c>START_TIMESTAMP</c> and <c>END_TIMESTAMP</c>, <c>SCHEMA_SEQUENCE</c>, <c>COPYING</c>, and <c>listens/YEAR/MONTH.listens</c>, a listen in JSON a line (ListenBrainz' documentation, Data Dumps). Streamed.
/// </summary>
internal sealed partial class ListenBrainzDump : IDisposable
{
    private const int LongestNote = 64 << 10;
    private const int LongestListen = 1 << 20;
    private const int LongestName = 1000;

    private readonly string _path;
    private readonly PackedReader _file;
    private readonly TarWalker _tar;
    private readonly Dictionary<string, string> _notes = new(StringComparer.Ordinal);

    private ListenBrainzDump(string path)
    {
        _path = path;
        _file = PackedReader.Open(path);
        _tar = new TarWalker(_file);
    }

    /// <summary>Up to when it has listens, in the dump's words.</summary>
    public string End => _notes.GetValueOrDefault("END_TIMESTAMP") ?? _notes.GetValueOrDefault("TIMESTAMP") ?? "";

    /// <summary>Since when it has listens; null where it has all of them.</summary>
    public string? Start => _notes.GetValueOrDefault("START_TIMESTAMP");

    /// <summary>The number of its layout.</summary>
    public int Schema => int.TryParse(_notes.GetValueOrDefault("SCHEMA_SEQUENCE"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>What it says of its licence.</summary>
    public string Copying => _notes.GetValueOrDefault("COPYING") ?? "";

    /// <summary>How much of the file has been read.</summary>
    public long BytesRead => _file.BytesRead;

    /// <summary>The file at a location: itself, or the only dump in a folder.</summary>
    public static string At(string location)
    {
        if (File.Exists(location))
            return location;
        if (!Directory.Exists(location))
            throw new LacquerException(Failure.Missing, $"nothing is at {location}", "name listenbrainz-listens-dump-….tar.zst, or a folder with one");
        return Directory.EnumerateFiles(location).Where(f => DumpName().IsMatch(Path.GetFileName(f))).Order(StringComparer.Ordinal).ToList() switch
        {
            [var one] => one,
            [] => throw new LacquerException(Failure.Usage, $"{location} holds no dump of listens", "they are called listenbrainz-listens-dump-N-DATE-TIME-full.tar.zst"),
            [var one, var other, ..] => throw new LacquerException(Failure.Usage, $"{location} holds {Path.GetFileName(one)} and {Path.GetFileName(other)}", "name one file: the full dump first, then each incremental one in order"),
        };
    }

    /// <summary>Opens a dump and reads what stands before its listens.</summary>
    /// <exception cref="LacquerException">It is none.</exception>
    public static ListenBrainzDump Open(string path)
    {
        var dump = new ListenBrainzDump(path);
        try
        {
            while (dump._tar.TryNext())
                if (dump._tar.IsFile && dump.Month is not null)
                    return dump.End.Length > 0 ? dump : throw dump.NoDump("no TIMESTAMP stands before its listens");
                else if (dump._tar.IsFile && dump._tar.Name.Split('/')[^1] is "TIMESTAMP" or "START_TIMESTAMP" or "END_TIMESTAMP" or "SCHEMA_SEQUENCE" or "COPYING")
                    dump.ReadNote();
            // Nothing was heard between two dumps: possible, in a small one.
            return dump._tar.Problem is null && dump.End.Length > 0 && dump._notes.ContainsKey("SCHEMA_SEQUENCE") ? dump : throw dump.NoDump(dump._tar.Problem ?? "it holds no listens/YEAR/MONTH.listens");
        }
        catch
        {
            dump.Dispose();
            throw;
        }
    }

    /// <summary>Counts all listens, once.</summary>
    /// <param name="counts">Where they are counted.</param>
    /// <param name="isSetAside">Told of a line that is no listen: its place and why. Neither says who listened.</param>
    /// <param name="progress">Told now and then.</param>
    /// <returns>Listens, and how many of them name no recording of MusicBrainz.</returns>
    /// <exception cref="LacquerException">The archive is cut off or corrupt: its counts would be wrong.</exception>
    public (long Listens, long Unmapped) Count(ListenCounts counts, Action<string, string> isSetAside, Action progress)
    {
        var (listens, unmapped) = (0L, 0L);
        do
        {
            if (!_tar.IsFile || Month is not { } month)
                continue;
            var lines = new LineReader(_tar.Read, LongestListen);
            while (lines.TryNext(out var line))
            {
                if ((lines.Number & 0x3FFF) == 0)
                    progress();
                if (lines.TooLongBytes > 0)
                {
                    isSetAside(string.Create(CultureInfo.InvariantCulture, $"{month}:{lines.Number}"), string.Create(CultureInfo.InvariantCulture, $"it has {lines.TooLongBytes} bytes; a listen has at most {LongestListen}"));
                    continue;
                }

                try
                {
                    var mbid = MbidOf(line.Span);
                    listens++;
                    if (mbid == Guid.Empty) unmapped++;
                    else counts.Add(mbid, () => NamesOf(line));
                }
                catch (JsonException)
                {
                    isSetAside(string.Create(CultureInfo.InvariantCulture, $"{month}:{lines.Number}"), "it is not a listen in JSON");
                }
            }
        }
        while (_tar.TryNext());
        if (_tar.Problem is { } problem)
            throw new LacquerException(Failure.Damaged, $"{_path} cannot be counted: {problem}", "fetch it again, and its .sha256 with it");
        return (listens, unmapped);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    // What ListenBrainz found the listen to be of; else what the listener's program said. Empty where neither is there.
    private static Guid MbidOf(ReadOnlySpan<byte> line)
    {
        var json = new Utf8JsonReader(line);
        var (mapped, said) = (Guid.Empty, Guid.Empty);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            throw new JsonException();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            if (!Enters(ref json, "track_metadata"u8))
                json.Skip();
            else
                while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
                    if (json.ValueTextEquals("mbid_mapping"u8)) mapped = Recording(ref json);
                    else if (json.ValueTextEquals("additional_info"u8)) said = Recording(ref json);
                    else json.Skip();
        if (json.Read())
            throw new JsonException();
        return mapped != Guid.Empty ? mapped : said;
    }

    private static Guid Recording(ref Utf8JsonReader json)
    {
        var found = Guid.Empty;
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return found;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isRecording = json.ValueTextEquals("recording_mbid"u8);
            json.Read();
            if (isRecording && json.TokenType == JsonTokenType.String && Utf8Parser.TryParse(json.ValueSpan, out Guid mbid, out var read) && read == json.ValueSpan.Length)
                found = mbid;
            json.Skip();
        }

        return found;
    }

    // Whether the reader stands at a property of this name with an object, which it then goes into.
    private static bool Enters(ref Utf8JsonReader json, ReadOnlySpan<byte> name)
    {
        if (!json.ValueTextEquals(name))
            return false;
        json.Read();
        return json.TokenType == JsonTokenType.StartObject;
    }

    private static (string Title, string Artist, string Release)? NamesOf(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var heard = json.RootElement.GetProperty("track_metadata");
            var title = Cut(heard.Text("track_name"));
            return title.Length == 0 ? null : (title, Cut(heard.Text("artist_name")), Cut(heard.Text("release_name")));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // a text that is no Unicode
        }

        static string Cut(string name) => name.Length <= LongestName ? name : name[..(char.IsHighSurrogate(name[LongestName - 1]) ? LongestName - 1 : LongestName)];
    }

    // "2005/1" of listens/2005/1.listens; null where the entry is another file.
    private string? Month => MonthName().Match(_tar.Name) is { Success: true } match ? match.Groups[1].Value : null;

    private LacquerException NoDump(string reason) => new(Failure.Damaged, $"{_path} is not a ListenBrainz dump of listens: {reason}", "take listenbrainz-listens-dump-….tar.zst, not the one for Spark, and fetch it again where it is cut off");

    private void ReadNote()
    {
        var name = _tar.Name.Split('/')[^1];
        if (_tar.Remaining > LongestNote)
            throw NoDump($"its {name} is longer than {LongestNote >> 10} KiB");
        var bytes = new byte[_tar.Remaining];
        for (var filled = 0; filled < bytes.Length;)
            filled += _tar.Read(bytes.AsSpan(filled)) is > 0 and var read ? read : throw NoDump(_tar.Problem ?? "it is cut off");
        _notes[name] = Encoding.UTF8.GetString(bytes).Trim();
    }

    [GeneratedRegex(@"^listenbrainz-listens-dump-\d+-\d{8}-\d{6}-(?:full|incremental)\.tar\.(?:zst|xz)$")]
    private static partial Regex DumpName();

    [GeneratedRegex(@"(?:^|/)listens/(\d{4}/\d{1,2})\.listens$")]
    private static partial Regex MonthName();
}
