using System.Text.Encodings.Web;
using System.Text.Json;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Exporting;

/// <summary>What goes with a recording's audio into a package: what it is, its object, the rights decision with its evidence, and the preservation events, in PREMIS's words.</summary>
internal static class RecordingRecord
{
    public static byte[] Of(OpenArchive archive, CatalogueReader catalogue, RecordingRow recording, HoldingRow held)
    {
        using var buffer = new MemoryStream();
        // Titles stay readable; it is a file, not a page.
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            Recording(json, catalogue, recording);
            Object(json, held.Object);
            Rights(json, held.Rights);
            json.WriteStartArray("events");
            foreach (var e in archive.Ledger.History(held.Object.Root).Concat(archive.Ledger.Events(recording.Id.ToString())).OrderBy(e => e.At, StringComparer.Ordinal))
            {
                json.WriteStartObject();
                json.WriteString("eventType", e.Type);
                json.WriteString("eventDateTime", e.At);
                json.WriteString("eventOutcome", e.Outcome);
                json.WriteString("eventDetail", e.Detail);
                json.WriteString("linkingAgentIdentifier", e.Agent);
                json.WriteString("linkingObjectIdentifier", e.Subject);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    private static void Recording(Utf8JsonWriter json, CatalogueReader catalogue, RecordingRow recording)
    {
        json.WriteStartObject("recording");
        json.WriteString("id", recording.Id.ToString());
        json.WriteString("title", recording.Title);
        json.WriteString("artistCredit", recording.ArtistCredit);
        json.WriteString("catalogue", catalogue.Name);
        json.WriteNumber("rank", recording.Rank);
        json.WriteNumber("listens", recording.Listens);
        if (recording.DurationMs is { } duration)
            json.WriteNumber("durationMs", duration);
        if (recording.Mbid is { } mbid)
            json.WriteString("mbid", mbid);
        json.WriteStartArray("isrcs");
        foreach (var isrc in catalogue.Isrcs(recording.Rank))
            json.WriteStringValue(isrc.ToString());
        json.WriteEndArray();
        json.WriteStartArray("appearances");
        foreach (var appearance in catalogue.Appearances(recording.Rank))
        {
            json.WriteStartObject();
            json.WriteString("release", appearance.Release.Id.ToString());
            json.WriteString("title", appearance.Release.Title);
            json.WriteString("artistCredit", appearance.Release.ArtistCredit);
            json.WriteNumber("medium", appearance.Medium);
            json.WriteNumber("position", appearance.Position);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Object(Utf8JsonWriter json, ObjectRow obj)
    {
        json.WriteStartObject("object");
        json.WriteString("objectIdentifier", obj.Root.ToString());
        json.WriteString("file", ObjectName.Of(obj).FileName);
        json.WriteNumber("size", obj.LengthBytes);
        json.WriteString("sha256", obj.Sha256.ToString());
        json.WriteString("tier", obj.Tier);
        if (obj.LoudnessLufs is { } loudness)
            json.WriteNumber("loudnessLufs", loudness);
        if (obj.PeakDbfs is { } peak)
            json.WriteNumber("peakDbfs", peak);
        if (obj.Original is { } original)
            json.WriteString("originalSha256", original.ToString());
        if (obj.OriginalLengthBytes is { } length)
            json.WriteNumber("originalSize", length);
        // With it the original comes back bit for bit: docs/format/object.md.
        if (obj.Undo is { } undo)
            json.WriteBase64String("undo", undo);
        json.WriteEndObject();
    }

    private static void Rights(Utf8JsonWriter json, RightsDecision rights)
    {
        json.WriteStartObject("rights");
        json.WriteBoolean("keep", rights.Keep);
        json.WriteBoolean("publish", rights.Publish);
        json.WriteString("licence", rights.Licence);
        json.WriteString("reason", rights.Reason);
        json.WriteString("policy", rights.Policy);
        if (rights.Evidence is { } evidence)
        {
            json.WriteStartObject("evidence");
            json.WriteString("kind", EvidenceKindNames.Of(evidence.Kind));
            json.WriteString("place", evidence.Place);
            json.WriteString("text", evidence.Text);
            json.WriteString("sha256", evidence.Sha256);
            json.WriteString("by", evidence.By);
            json.WriteString("date", evidence.Date);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
