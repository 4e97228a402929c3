using System.Buffers;
using System.Globalization;
using System.Text;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Findings;

namespace Lacquer.Stages.Workbench;

/// <summary>Whole lines of a dump that follow one another.</summary>
/// <param name="Bytes">A buffer from the shared pool; whoever is done with the lines gives it back.</param>
/// <param name="Length">How much of it is lines; each ends with <c>\n</c>, but for the last of a dump that has none there.</param>
/// <param name="FirstLine">The first line's number, from 1.</param>
/// <param name="TooLongBytes">Where not 0: this stands for one line of so many bytes, more than a record may have, and holds none of them.</param>
public sealed record DumpLines(byte[] Bytes, int Length, long FirstLine, long TooLongBytes)
{
    /// <summary>The lines, without their ends.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Each()
    {
        for (var start = 0; start < Length;)
        {
            var end = Bytes.AsSpan(start, Length - start).IndexOf((byte)'\n');
            end = end < 0 ? Length : start + end;
            yield return Bytes.AsMemory(start, end - start);
            start = end + 1;
        }
    }
}

/// <summary>
/// A MusicBrainz JSON dump (<c>release.tar.xz</c> and the like): a tar archive in XZ with <c>TIMESTAMP</c>, <c>COPYING</c>, <c>JSON_DUMPS_SCHEMA_NUMBER</c> and <c>mbdump/ENTITY</c>, a WS/2 JSON document a
/// line. Streamed: nothing is unpacked to disk, and memory stays flat. Needs <c>xz</c>.
/// </summary>
public sealed class MusicBrainzDump : IDisposable
{
    /// <summary>The layout of documents that is known, as <c>JSON_DUMPS_SCHEMA_NUMBER</c> counts.</summary>
    public const int KnownSchema = 1;

    /// <summary>A longer line is not a record: with what an accession puts around it, it would not fit there.</summary>
    public const int LongestLineBytes = AccessionFile.LongestLineBytes - 256;

    private const string Ending = ".tar.xz";
    private const int BatchBytes = 1 << 20;
    private const int LongestNoteBytes = 64 << 10;
    private const string Documents = "mbdump/";

    private readonly XzReader _xz;
    private readonly TarWalker _tar;

    private MusicBrainzDump(string path)
    {
        Path = path;
        _xz = new XzReader(path);
        _tar = new TarWalker(_xz);
    }

    /// <summary>What the archive may hold, in the order in which harvests take it.</summary>
    public static IReadOnlyList<string> Entities { get; } = ["artist", "release-group", "release", "recording"];

    /// <summary>The archive's file.</summary>
    public string Path { get; }

    /// <summary>What the lines are of: one of <see cref="Entities"/>.</summary>
    public string Entity { get; private set; } = "";

    /// <summary>What <c>TIMESTAMP</c> says, or "".</summary>
    public string Timestamp { get; private set; } = "";

    /// <summary>What <c>COPYING</c> says, or "".</summary>
    public string Copying { get; private set; } = "";

    /// <summary>How much of the archive's file has been read.</summary>
    public long BytesRead => _xz.BytesRead;

    /// <summary>Lines met, once <see cref="Batches"/> has ended.</summary>
    public long Lines { get; private set; }

    /// <summary>Why the lines ended before the archive did, once <see cref="Batches"/> has ended; null where they did not.</summary>
    public string? Problem { get; private set; }

    /// <summary>Whether a path looks like a dump: a file called <c>….tar.xz</c>, or a folder with a dump of a known entity in it.</summary>
    public static bool IsAt(string path) => File.Exists(path) ? path.EndsWith(Ending, StringComparison.OrdinalIgnoreCase) : Entities.Any(entity => File.Exists(System.IO.Path.Combine(path, entity + Ending)));

    /// <summary>The archives at a place: the file itself, or those of a folder in the order of <see cref="Entities"/>; and the names of the folder's other archives.</summary>
    /// <exception cref="LacquerException">There is none.</exception>
    public static (IReadOnlyList<string> Archives, IReadOnlyList<string> Others) At(string place)
    {
        const string Hint = "fetch release.tar.xz or others from https://data.metabrainz.org/pub/musicbrainz/data/json-dumps/";
        if (File.Exists(place))
            return Durable.IsOrdinaryFile(place) ? ([place], []) : throw new LacquerException(Failure.Usage, $"{place} is not a file", Hint);
        if (!Directory.Exists(place))
            throw new LacquerException(Failure.Missing, $"nothing at {place}", Hint);
        var archives = Entities.Select(entity => System.IO.Path.Combine(place, entity + Ending)).Where(f => File.Exists(f) && Durable.IsOrdinaryFile(f)).ToList();
        if (archives.Count == 0)
            throw new LacquerException(Failure.Missing, $"no {string.Join(", no ", Entities.Select(e => e + Ending))} in {place}", Hint);
        return (archives, [.. Directory.EnumerateFiles(place, "*" + Ending).Except(archives).Select(f => System.IO.Path.GetFileName(f)).Order(StringComparer.Ordinal)]);
    }

    /// <summary>Opens an archive and reads what stands before its documents.</summary>
    /// <exception cref="LacquerException">It is not such an archive, is cut off before its documents, or has a layout that is not known.</exception>
    public static MusicBrainzDump Open(string path)
    {
        var dump = new MusicBrainzDump(path);
        try
        {
            dump.ReadHead();
            return dump;
        }
        catch
        {
            dump.Dispose();
            throw;
        }
    }

    /// <summary>Whether lines may have been given that were never in the archive.</summary>
    public bool IsCorrupt => _xz.IsCorrupt;

    /// <summary>All lines, once, about 1 MiB of them at a time. A line that an archive breaks off is left out.</summary>
    public IEnumerable<DumpLines> Batches()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BatchBytes);
        var filled = 0;
        var end = 0; // of the last whole line in the buffer
        while (true)
        {
            if (filled == buffer.Length)
            {
                // One line fills it.
                if (filled > LongestLineBytes)
                {
                    yield return new DumpLines([], 0, ++Lines, SkipLine(filled, buffer, out filled));
                    end = buffer.AsSpan(0, filled).LastIndexOf((byte)'\n') + 1;
                    continue;
                }

                var larger = ArrayPool<byte>.Shared.Rent(2 * buffer.Length);
                buffer.CopyTo(larger, 0);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = larger;
            }

            var read = _tar.Read(buffer.AsSpan(filled));
            if (read == 0)
                break;
            if (buffer.AsSpan(filled, read).LastIndexOf((byte)'\n') is >= 0 and var at)
                end = filled + at + 1;
            filled += read;
            if (filled < BatchBytes || end == 0)
                continue;
            var next = ArrayPool<byte>.Shared.Rent(Math.Max(BatchBytes, filled - end));
            buffer.AsSpan(end, filled - end).CopyTo(next);
            yield return Batch(buffer, end);
            (buffer, filled, end) = (next, filled - end, 0);
        }

        var whole = _tar.Problem is null ? filled : end;
        if (whole > 0)
            yield return Batch(buffer, whole);
        Problem = _tar.Problem;
        while (Problem is null && _tar.TryNext())
            if (_tar.IsFile && Plain(_tar.Name).StartsWith(Documents, StringComparison.Ordinal))
                Problem = $"it holds {Quoted(_tar.Name)} too, which was not read";
        Problem ??= _tar.Problem;
    }

    /// <inheritdoc/>
    public void Dispose() => _xz.Dispose();

    private static string Plain(string name) => name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;

    private static string Quoted(string name) => $"'{(name.Length > 80 ? name[..80] + "…" : name)}'";

    private DumpLines Batch(byte[] buffer, int length)
    {
        var lines = buffer.AsSpan(0, length).Count((byte)'\n') + (buffer[length - 1] == '\n' ? 0 : 1);
        Lines += lines;
        return new DumpLines(buffer, length, Lines - lines + 1, 0);
    }

    // Passes over the rest of a line; what follows it is put into the buffer.
    private long SkipLine(long length, byte[] buffer, out int filled)
    {
        while (_tar.Read(buffer) is > 0 and var read)
        {
            if (buffer.AsSpan(0, read).IndexOf((byte)'\n') is >= 0 and var end)
            {
                filled = read - end - 1;
                buffer.AsSpan(end + 1, filled).CopyTo(buffer);
                return length + end;
            }

            length += read;
        }

        filled = 0;
        return length;
    }

    private void ReadHead()
    {
        int? schema = null;
        while (_tar.TryNext())
        {
            if (!_tar.IsFile)
                continue;
            var name = Plain(_tar.Name);
            switch (name)
            {
                case "TIMESTAMP": Timestamp = ReadNote(name).Trim(); break;
                case "COPYING": Copying = ReadNote(name); break;
                case "JSON_DUMPS_SCHEMA_NUMBER":
                    var text = ReadNote(name).Trim();
                    if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number != KnownSchema)
                        throw new LacquerException(Failure.Refused, $"{Path} has JSON_DUMPS_SCHEMA_NUMBER {Quoted(text)}; only {KnownSchema} is known", "ask for a newer lacquer, or take an older dump");
                    schema = number;
                    break;
                case var documents when documents.StartsWith(Documents, StringComparison.Ordinal):
                    Entity = documents[Documents.Length..];
                    if (schema is null)
                        throw NoDump("no JSON_DUMPS_SCHEMA_NUMBER stands before its documents");
                    if (!Entities.Contains(Entity))
                        throw new LacquerException(Failure.Usage, $"{Path} holds {Quoted(documents)}; only {string.Join(", ", Entities)} are read", "lacquer harvest musicbrainz --help says what can be read");
                    return;
            }
        }

        throw _tar.Problem is { } problem ? NoDump(problem) : NoDump("it holds no mbdump/ENTITY");
    }

    private LacquerException NoDump(string reason) => new(Failure.Damaged, $"{Path} is not a MusicBrainz JSON dump: {reason}", "fetch it again, and SHA256SUMS with it");

    private string ReadNote(string name)
    {
        if (_tar.Remaining > LongestNoteBytes)
            throw NoDump($"its {name} is longer than {LongestNoteBytes >> 10} KiB");
        var bytes = new byte[_tar.Remaining];
        for (var filled = 0; filled < bytes.Length;)
        {
            var read = _tar.Read(bytes.AsSpan(filled));
            if (read == 0)
                throw NoDump(_tar.Problem!);
            filled += read;
        }

        return Encoding.UTF8.GetString(bytes);
    }
}
