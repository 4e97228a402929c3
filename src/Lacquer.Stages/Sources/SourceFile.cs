using System.Text.Json;
using Lacquer.Formats.Rights;

namespace Lacquer.Stages.Sources;

/// <summary>A file of audio at a source, as its record describes it before anybody has fetched it.</summary>
/// <param name="RecordingId">The recording's key (<see cref="SourceRecording.Id"/>).</param>
/// <param name="Location">Where it is, in the source's own terms: an address without credentials, or what the adapter can make one of.</param>
/// <param name="Evidence">What the record says of its licence.</param>
public sealed record SourceFile(string RecordingId, string Location, IReadOnlyList<Evidence> Evidence)
{
    /// <summary>Its name, for messages and for the extension.</summary>
    public string FileName { get; init; } = "";

    /// <summary>Address of the page that offers it to everybody, or "".</summary>
    public string Page { get; init; } = "";

    /// <summary>Bytes; null where not known.</summary>
    public long? LengthBytes { get; init; }

    /// <summary>Milliseconds; 0 where not known.</summary>
    public int DurationMs { get; init; }

    /// <summary>Its codec, as ffprobe names it, or "".</summary>
    public string Codec { get; init; } = "";

    /// <summary>Kilobits a second, or null.</summary>
    public double? BitrateKbps { get; init; }

    /// <summary>What the source says its digests are, hex in lower case; "" where it does not.</summary>
    public string Md5 { get; init; } = "";

    /// <summary>As <see cref="Md5"/>.</summary>
    public string Sha1 { get; init; } = "";

    /// <summary>As <see cref="Md5"/>.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>Whether the source made it from another: an original is preferred.</summary>
    public bool IsDerivative { get; init; }

    /// <summary>What fields of a record say of its licence, as evidence.</summary>
    /// <param name="key">The record's key.</param>
    /// <param name="record">The record; its accession's line is what the evidence stands in.</param>
    /// <param name="fields">Names of the fields with their texts; empty ones say nothing.</param>
    public static IReadOnlyList<Evidence> EvidenceOf(string key, JsonElement record, params IEnumerable<(string Name, string Text)> fields)
    {
        var speaking = fields.Where(f => f.Text.Length > 0).ToList();
        if (speaking.Count == 0)
            return [];
        var digest = RecordLine.Digest(key, record).ToString();
        return speaking.ConvertAll(f => new Evidence(EvidenceKind.Record, f.Name, f.Text.Length > Licence.LongestText ? f.Text[..Licence.LongestText] : f.Text, digest));
    }
}
