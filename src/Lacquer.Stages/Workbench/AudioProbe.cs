using System.Security.Cryptography;
using System.Text.Json;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Rights;

namespace Lacquer.Stages.Workbench;

/// <summary>A file cannot be used; it is set aside with this reason.</summary>
/// <param name="kind">One word: <c>drm</c>, <c>damaged</c>, <c>codec</c>, …</param>
/// <param name="message">Why.</param>
public sealed class UnusableFileException(string kind, string message) : Exception(message)
{
    /// <summary>One word for it.</summary>
    public string Kind { get; } = kind;
}

/// <summary>Describes a file of audio: length, hash, ffprobe's description and the licences in its tags. Files under DRM, damaged or without audio are refused first.</summary>
public sealed class AudioProbe
{
    /// <summary>The longest that one look at a file may take.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly string _ffprobe = Toolbox.Require("ffprobe", "ffmpeg");

    /// <summary>Describes a file.</summary>
    /// <param name="key">What it is called in the record.</param>
    /// <param name="path">Where it lies.</param>
    /// <param name="evidence">What speaks of its licence beside its own tags.</param>
    /// <param name="cancel">Stops ffprobe.</param>
    /// <exception cref="UnusableFileException">It cannot be used.</exception>
    /// <exception cref="TimeoutException">ffprobe does not end.</exception>
    public async Task<AudioRecord> DescribeAsync(string key, string path, IReadOnlyList<Evidence> evidence, CancellationToken cancel)
    {
        if (!Durable.IsOrdinaryFile(path))
            throw new UnusableFileException("special", "it is a pipe, a socket or a device, not a file");
        var (length, sha256) = await InspectAsync(path, cancel).ConfigureAwait(false);
        var result = await Toolbox.RunAsync(_ffprobe, ["-v", "error", "-of", "json", "-show_format", "-show_streams", "-i", "file:" + path], Limit, cancel).ConfigureAwait(false);
        if (result.ExitCode != 0)
            throw new UnusableFileException("unreadable", $"ffprobe cannot read it: {FirstLine(result.Error, path)}");
        var probe = Portable(result.Output, key);
        var record = new AudioRecord(key, length, sha256, probe, [.. evidence, .. TagEvidence(probe, sha256)], null, null);
        if (record.Codec is "" or "unknown" or "none" || record.Channels == 0 || record.SampleRateHz == 0)
            throw new UnusableFileException("codec", record.Codec is "" or "unknown" or "none" ? "it has no audio in a codec that ffmpeg knows" : $"its {record.Codec} stream has no channels or no sample rate");
        if (record.DurationMs is null)
            throw new UnusableFileException("damaged", "it has no duration: nothing in it can be played");
        return record;
    }

    // Length, SHA-256, DRM and whether an Ogg file is whole, before any other program is let near it.
    private static async Task<(long LengthBytes, Sha256Digest Sha256)> InspectAsync(string path, CancellationToken stop)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        if (file.Length == 0)
            throw new UnusableFileException("empty", "it is empty");
        if (ProtectionScan.Find(file) is { } protection)
            throw new UnusableFileException("drm", $"it is protected by {protection}: Lacquer does not break DRM and refuses such files");
        file.Position = 0;
        var sha256 = new Sha256Digest(await SHA256.HashDataAsync(file, stop).ConfigureAwait(false));
        file.Position = 0;
        var start = new byte[4];
        if (await file.ReadAtLeastAsync(start, 4, throwOnEndOfStream: false, stop).ConfigureAwait(false) == 4 && start.AsSpan().SequenceEqual("OggS"u8))
        {
            file.Position = 0;
            OggScan? scan = null;
            try
            {
                scan = OggFile.Scan(file);
            }
            catch (LacquerException e) when (e.Failure == Failure.Refused)
            {
                // Another codec in Ogg: ffprobe decides.
            }
            catch (LacquerException e)
            {
                throw new UnusableFileException("damaged", e.Message);
            }

            if (scan is { EndsMidPage: true })
                throw new UnusableFileException("damaged", "it is cut off: it ends within an Ogg page");
            if (scan is { CrcErrors: > 0 })
                throw new UnusableFileException("damaged", $"{scan.CrcErrors} of its {scan.Pages} Ogg pages do not match their checksums");
        }

        return (file.Length, sha256);
    }

    // What ffprobe says, with the one thing in it that depends on where the source lies put right.
    private static JsonElement Portable(byte[] output, string key)
    {
        try
        {
            using var document = JsonDocument.Parse(output);
            using var buffer = new MemoryStream();
            using (var json = new Utf8JsonWriter(buffer))
            {
                json.WriteStartObject();
                foreach (var part in document.RootElement.EnumerateObject())
                {
                    if (part.Name != "format")
                    {
                        part.WriteTo(json);
                        continue;
                    }

                    json.WriteStartObject("format");
                    foreach (var member in part.Value.EnumerateObject())
                    {
                        if (member.Name == "filename") json.WriteString("filename", key);
                        else member.WriteTo(json);
                    }

                    json.WriteEndObject();
                }

                json.WriteEndObject();
            }

            using var portable = JsonDocument.Parse(buffer.ToArray());
            return portable.RootElement.Clone();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new UnusableFileException("unreadable", $"what ffprobe says of it is not JSON: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static IEnumerable<Evidence> TagEvidence(JsonElement probe, Sha256Digest sha256) =>
        new AudioRecord("", 0, sha256, probe, [], null, null).Tags
            .Where(tag => tag.Key.ToUpperInvariant() is "LICENSE" or "LICENCE" or "COPYRIGHT" or "WCOP" or "TCOP" or "LICENSE_URL" or "LICENSEURL" && tag.Value.Trim().Length > 0)
            .Select(tag => new Evidence(EvidenceKind.Tag, tag.Key.ToUpperInvariant(), tag.Value.Length > Licence.LongestText ? tag.Value[..Licence.LongestText] : tag.Value, sha256.ToString()));

    private static string FirstLine(string error, string path)
    {
        var line = error.Replace(path, "", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "no reason given";
        return line.Replace("file::", "", StringComparison.Ordinal).Trim(' ', ':');
    }
}
