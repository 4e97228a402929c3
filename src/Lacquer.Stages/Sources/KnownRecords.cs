using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Findings;

namespace Lacquer.Stages.Sources;

/// <summary>What an accession says of a key.</summary>
/// <param name="Hash">Of the record, or of why it was set aside.</param>
/// <param name="IsRecord">Whether it is a record.</param>
/// <param name="IsInHand">Whether it stands in the accession in hand.</param>
/// <param name="ChangedAt">What <see cref="Adapter.ChangedAt"/> says of it; 0 where that says nothing.</param>
internal readonly record struct KnownRecord(ulong Hash, bool IsRecord, bool IsInHand, long ChangedAt = 0);

/// <summary>What accessions of a source hold, by hashes: some 50 bytes of memory a key.</summary>
/// <param name="changedAt"><see cref="Adapter.ChangedAt"/>.</param>
internal sealed class KnownRecords(Func<JsonElement, long>? changedAt)
{
    // Strangers name the keys: they cannot know it, so they cannot make one record hide another.
    private static readonly long Seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8));

    private readonly Dictionary<ulong, KnownRecord> _records = [];

    /// <summary>What a killed run had set aside.</summary>
    public (long Aside, List<Finding> Findings) InHand { get; private set; } = (0, []);

    public static ulong Hash(ReadOnlySpan<byte> bytes) => XxHash3.HashToUInt64(bytes, Seed);

    public static ulong HashOfAside(string kind, string message) => Hash(Encoding.UTF8.GetBytes($"{kind}\0{message}"));

    /// <summary>When the source changed a record; 0 where it does not say.</summary>
    public long ChangedAt(ReadOnlySpan<byte> record)
    {
        if (changedAt is null)
            return 0;
        try
        {
            var reader = new Utf8JsonReader(record);
            using var json = JsonDocument.ParseValue(ref reader);
            return changedAt(json.RootElement);
        }
        catch (JsonException)
        {
            return 0; // then it is told by its bytes
        }
    }

    public bool TryGet(ReadOnlySpan<byte> key, out KnownRecord known) => _records.TryGetValue(Hash(key), out known);

    public void Set(ReadOnlySpan<byte> key, KnownRecord known) => _records[Hash(key)] = known;

    /// <summary>Takes up the lines of an accession; what stands last of a key counts.</summary>
    public void TakeUp(string path, bool isInHand)
    {
        try
        {
            using var reader = AccessionReader.Open(path);
            foreach (var line in reader.Lines())
                TakeUp(line.Line, isInHand);
        }
        catch (LacquerException e) when (e.Failure is Failure.Damaged or Failure.Missing)
        {
            // What is whole is known; of a file in hand the rest is cut off.
        }
    }

    // {"key":"…","record":…} or {"key":"…","set_aside":…}, as HarvestRun writes them.
    private void TakeUp(ReadOnlyMemory<byte> line, bool isInHand)
    {
        var json = new Utf8JsonReader(line.Span);
        json.Read();
        json.Read();
        json.Read();
        var name = json.GetString()!;
        json.Read();
        var isRecord = json.ValueTextEquals("record"u8);
        var record = line[((int)json.BytesConsumed)..^1];
        var known = new KnownRecord(Hash(record.Span), isRecord, isInHand, isRecord ? ChangedAt(record.Span) : 0);
        if (!isRecord)
        {
            json.Read();
            using var said = JsonDocument.ParseValue(ref json);
            var (kind, message) = (said.RootElement.GetProperty("kind").GetString()!, said.RootElement.GetProperty("message").GetString()!);
            known = known with { Hash = HashOfAside(kind, message) };
            if (isInHand)
            {
                InHand = (InHand.Aside + 1, InHand.Findings);
                if (InHand.Findings.Count < 1000)
                    InHand.Findings.Add(new Finding("harvest", name, kind, message));
            }
        }

        Set(Encoding.UTF8.GetBytes(name), known);
    }
}
