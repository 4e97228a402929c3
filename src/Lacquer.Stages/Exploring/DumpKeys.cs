using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Exploring;

/// <summary>
/// What a MusicBrainz dump can be compared by: ISRCs, MBIDs of recordings, GTINs of releases, each sorted. Of a recording dump its documents are read, of a release dump its releases and the recordings on
/// their tracks; artists say nothing of these.
/// </summary>
internal sealed class DumpKeys : IDisposable
{
    private readonly SortedKeys<ulong> _invalid = new();

    /// <summary>ISRCs, packed.</summary>
    public SortedKeys<long> Isrcs { get; } = new();

    /// <summary>MBIDs of recordings, as numbers in the order of their bytes.</summary>
    public SortedKeys<UInt128> Recordings { get; } = new();

    /// <summary>GTINs.</summary>
    public SortedKeys<long> Gtins { get; } = new();

    /// <summary>Whether releases were read.</summary>
    public bool HasReleases { get; private set; }

    /// <summary>How many different texts stand where an ISRC should, and are none.</summary>
    public long InvalidIsrcs => _invalid.InOrder().LongCount();

    /// <summary>Lines that are no documents.</summary>
    public long UnreadableLines { get; private set; }

    /// <summary>Reads a dump's archive or a folder with some.</summary>
    /// <exception cref="LacquerException">It is not whole: half a dump compares with nothing.</exception>
    public static DumpKeys Read(string place, IProgress<StageProgress> progress, CancellationToken stop)
    {
        var keys = new DumpKeys();
        try
        {
            var read = 0;
            foreach (var path in MusicBrainzDump.At(place).Archives)
            {
                using var dump = MusicBrainzDump.Open(path);
                if (dump.Entity is "artist" or "release-group")
                    continue;
                read++;
                var length = new FileInfo(path).Length;
                var isRelease = dump.Entity == "release";
                keys.HasReleases |= isRelease;
                foreach (var some in dump.Batches().InOrder(Environment.ProcessorCount, (lines, _) => Task.FromResult(Some.Of(lines, isRelease)), stop).ToBlockingEnumerable(stop))
                {
                    keys.Isrcs.Add(some.Isrcs.ToArray());
                    keys.Recordings.Add(some.Recordings.ToArray());
                    keys.Gtins.Add(some.Gtins.ToArray());
                    keys._invalid.Add(some.Invalid.ToArray());
                    keys.UnreadableLines += some.Unreadable;
                    progress.Report(new StageProgress($"read {Path.GetFileName(path)}", dump.BytesRead, length, IsBytes: true));
                }

                if (dump.Problem is { } problem)
                    throw new LacquerException(Failure.Damaged, $"{path}: {problem}", "fetch it again, and SHA256SUMS with it");
            }

            return read > 0 ? keys : throw new LacquerException(Failure.Usage, $"{place} holds artists alone, which have no ISRCs", "name a recording.tar.xz or a release.tar.xz");
        }
        catch
        {
            keys.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Isrcs.Dispose();
        Recordings.Dispose();
        Gtins.Dispose();
        _invalid.Dispose();
    }

    /// <summary>The keys of some lines.</summary>
    private sealed class Some
    {
        public List<long> Isrcs { get; } = [];

        public List<UInt128> Recordings { get; } = [];

        public List<long> Gtins { get; } = [];

        public List<ulong> Invalid { get; } = [];

        public long Unreadable { get; private set; }

        public static Some Of(DumpLines lines, bool isRelease)
        {
            var some = new Some();
            if (lines.TooLongBytes > 0)
                some.Unreadable++;
            foreach (var line in lines.Each())
            {
                try
                {
                    var json = new Utf8JsonReader(line.Span);
                    if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                        some.Unreadable++;
                    else if (isRelease)
                        some.Release(ref json);
                    else
                        some.Recording(ref json);
                }
                catch (Exception e) when (e is JsonException or InvalidOperationException)
                {
                    some.Unreadable++; // what stood before the fault has been taken
                }
            }

            if (lines.TooLongBytes == 0)
                ArrayPool<byte>.Shared.Return(lines.Bytes);
            return some;
        }

        private void Release(ref Utf8JsonReader json)
        {
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("barcode"u8))
                {
                    json.Read();
                    if (json.TokenType == JsonTokenType.String && GtinOf(json.GetString()!) is { } gtin)
                        Gtins.Add(gtin);
                    json.Skip();
                }
                else if (json.ValueTextEquals("media"u8))
                {
                    json.Read();
                    Objects(ref json, Medium);
                }
                else
                {
                    json.Skip();
                }
            }
        }

        private void Medium(ref Utf8JsonReader json)
        {
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var hasTracks = json.ValueTextEquals("tracks"u8) || json.ValueTextEquals("data-tracks"u8) || json.ValueTextEquals("pregap"u8);
                if (!hasTracks)
                {
                    json.Skip();
                    continue;
                }

                json.Read();
                Objects(ref json, Track);
            }
        }

        private void Track(ref Utf8JsonReader json)
        {
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var isRecording = json.ValueTextEquals("recording"u8);
                json.Read();
                if (isRecording) Objects(ref json, Recording);
                else json.Skip();
            }
        }

        private void Recording(ref Utf8JsonReader json)
        {
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var (isId, isIsrcs) = (json.ValueTextEquals("id"u8), json.ValueTextEquals("isrcs"u8));
                json.Read();
                if (isId && json.TokenType == JsonTokenType.String)
                {
                    if (Guid.TryParseExact(json.GetString(), "D", out var id))
                        Recordings.Add(NumberOf(id));
                }
                else if (isIsrcs && json.TokenType == JsonTokenType.StartArray)
                {
                    while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                    {
                        if (json.TokenType == JsonTokenType.String && json.GetString() is var text && Isrc.TryParse(text, out var isrc)) Isrcs.Add(isrc.Packed);
                        else if (json.TokenType == JsonTokenType.String) Invalid.Add(BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(json.GetString()!))));
                        else json.Skip();
                    }
                }
                else
                {
                    json.Skip();
                }
            }
        }

        private delegate void Reading(ref Utf8JsonReader json);

        // An object, or those of a list; anything else is passed over.
        private static void Objects(ref Utf8JsonReader json, Reading read)
        {
            if (json.TokenType == JsonTokenType.StartObject)
            {
                read(ref json);
                return;
            }

            if (json.TokenType != JsonTokenType.StartArray)
                return;
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                if (json.TokenType == JsonTokenType.StartObject) read(ref json);
                else json.Skip();
        }

        private static UInt128 NumberOf(Guid id)
        {
            Span<byte> bytes = stackalloc byte[16];
            id.TryWriteBytes(bytes, bigEndian: true, out _);
            return BinaryPrimitives.ReadUInt128BigEndian(bytes);
        }

        // As the catalogue reads a barcode: 8 to 14 digits.
        private static long? GtinOf(string text)
        {
            var (number, digits) = (0L, 0);
            foreach (var digit in text)
            {
                if (!char.IsAsciiDigit(digit))
                    continue;
                if (++digits > 14)
                    return null;
                number = 10 * number + digit - '0';
            }

            return digits >= 8 && number > 0 ? number : null;
        }
    }
}
