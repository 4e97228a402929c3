using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Sources.Fetching;

/// <summary>
/// One file on its way: <c>PATH.partial</c>, and beside it <c>PATH.from.partial</c>, which says what the bytes are of and how many of them are surely on disk.
/// It goes on where it was only if the server says that its file is the same (If-Range), or if a digest will tell.
/// </summary>
internal sealed class Download(FetchRequest request, string path, ExpectedFile? expected, FetchPolicy policy, TimeProvider clock, IProgress<StageProgress>? progress)
{
    private const long MostBytes = 256L << 30;
    private const long FlushEvery = 16 << 20;
    private readonly string _partial = path + Durable.Partial;
    private readonly string _fromPath = path + ".from" + Durable.Partial;
    private Validators _validators = Validators.None;
    private Sha256Digest _sha256;
    private long _length;
    private long _offset;
    private bool _refused;

    /// <summary>Whether the file is here and right.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>How much of it is here, in bytes.</summary>
    public long PartialLength => File.Exists(_partial) ? new FileInfo(_partial).Length : 0;

    private long Most => request.MostBytes ?? expected?.LengthBytes ?? MostBytes;

    /// <summary>Asks for what is still wanted.</summary>
    public void Dress(HttpRequestMessage message)
    {
        // The bytes of a file are its own; encoded, they could not be gone on with.
        message.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        var from = ReadFrom();
        var validator = from is null ? null : from.ETag is ['"', ..] ? from.ETag : from.LastModified;
        // What a power cut may have torn is told by the digest; without one, what was flushed is believed.
        _offset = from is null ? 0 : expected is { HasDigest: true } ? PartialLength : validator is null ? 0 : Math.Min(PartialLength, from.Flushed);
        if (_offset > 0)
        {
            message.Headers.Range = new RangeHeaderValue(_offset, null);
            if (validator is not null)
                message.Headers.TryAddWithoutValidation("If-Range", validator);
            return;
        }

        if (request.Known.ETag is not null)
            message.Headers.TryAddWithoutValidation("If-None-Match", request.Known.ETag);
        if (request.Known.LastModified is not null)
            message.Headers.TryAddWithoutValidation("If-Modified-Since", request.Known.LastModified);
    }

    /// <summary>Takes an answer, and checks the file that it makes whole.</summary>
    public async Task TakeAsync(HttpResponseMessage response, FetchLogLine line, CancellationToken stop)
    {
        var body = new BoundedBody(response, request.ToString(), Most, policy, clock);
        if (body.IsEncoded)
            throw new LacquerException(Failure.Untrusted, $"{request} comes compressed though it was asked for as it is", "it is not taken; ask the source's people");
        _validators = line.Validators;
        var whole = _offset == 0;
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            // All of it may be here already: the run was killed before the file got its name.
            if (response.Content.Headers.ContentRange?.Length != _offset || _offset == 0)
                throw StartAgain("the source's file is shorter than what is here of it");
        }
        else
        {
            whole = response.StatusCode != HttpStatusCode.PartialContent;
            if (whole)
                _offset = 0;
            await CopyAsync(response, body, line, stop).ConfigureAwait(false);
        }

        (_sha256, var wrong) = await DigestAsync(_partial, expected, stop).ConfigureAwait(false);
        line.Sha256 = _sha256;
        _length = new FileInfo(_partial).Length;
        line.Bytes = _length;
        IsWhole = wrong is null;
        if (wrong is null)
            return;
        // Parts of two files, or a broken transfer: once more from the start, and then it is the source that is wrong.
        var again = StartAgain(wrong);
        if (whole && _refused)
            throw new LacquerException(Failure.Untrusted, $"{request}: {wrong}", "it is not taken; the source is damaged, or its record is");
        _refused = whole;
        throw again;
    }

    /// <summary>Gives the file its name.</summary>
    public DownloadedFile Finish(FetchOutcome outcome)
    {
        if (outcome == FetchOutcome.Fetched)
        {
            Durable.FlushFile(_partial);
            Durable.Rename(_partial, path);
        }

        File.Delete(_fromPath);
        File.Delete(_partial);
        return outcome switch
        {
            FetchOutcome.Fetched => new DownloadedFile(outcome, _length, _sha256, _validators),
            FetchOutcome.NotModified => new DownloadedFile(outcome, 0, null, request.Known),
            _ => new DownloadedFile(outcome, 0, null, Validators.None),
        };
    }

    /// <summary>A file's digest, and what is wrong with it, or null.</summary>
    public static async Task<(Sha256Digest Sha256, string? Wrong)> DigestAsync(string path, ExpectedFile? expected, CancellationToken stop)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var sha1 = expected?.Sha1 is null ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        using var md5 = expected?.Md5 is null ? null : IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        var buffer = new byte[1 << 18];
        for (int read; (read = await file.ReadAsync(buffer, stop).ConfigureAwait(false)) > 0;)
        {
            sha256.AppendData(buffer, 0, read);
            sha1?.AppendData(buffer, 0, read);
            md5?.AppendData(buffer, 0, read);
        }

        var digest = new Sha256Digest(sha256.GetHashAndReset());
        if (expected?.LengthBytes is { } length && file.Length != length)
            return (digest, $"it has {file.Length} bytes and not {length}");
        if (expected?.Sha256 is { } want && want != digest)
            return (digest, $"its SHA-256 is {digest} and not {want}");
        return (digest, Wrong("SHA-1", sha1, expected?.Sha1) ?? Wrong("MD5", md5, expected?.Md5));

        static string? Wrong(string name, IncrementalHash? hash, string? want) =>
            hash is not null && Convert.ToHexStringLower(hash.GetHashAndReset()) is var met && !met.Equals(want, StringComparison.OrdinalIgnoreCase) ? $"its {name} is {met} and not {want}" : null;
    }

    private async Task CopyAsync(HttpResponseMessage response, BoundedBody body, FetchLogLine line, CancellationToken stop)
    {
        var range = response.Content.Headers.ContentRange;
        if (_offset > 0 && (range?.From != _offset || (ReadFrom()?.ETag is ['"', ..] tag && line.Validators.ETag is { } now && now != tag)))
            throw StartAgain("the source sends another part than was asked for, or of another file");
        var total = _offset > 0 ? range!.Length : response.Content.Headers.ContentLength;
        if (expected?.LengthBytes is { } length && total is { } says && says != length)
            throw Discard(new LacquerException(Failure.Untrusted, $"{request} has {says} bytes and not {length}", "it is not taken; the source has changed, or its record is wrong"));

        await using var file = new FileStream(_partial, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, 1);
        file.SetLength(_offset);
        file.Position = _offset;
        WriteFrom(line.Validators, _offset);
        var flushed = _offset;
        try
        {
            await body.CopyAsync(async bytes =>
            {
                if (file.Position + bytes.Length > Most)
                    throw new LacquerException(Failure.Untrusted, $"{request} is longer than {Most} bytes", "it is not taken; the source has changed, or is not what it says");
                await file.WriteAsync(bytes, stop).ConfigureAwait(false);
                progress?.Report(new StageProgress("downloading", file.Position, total ?? expected?.LengthBytes ?? 0, IsBytes: true));
                if (file.Position - flushed < FlushEvery)
                    return;
                file.Flush(flushToDisk: true);
                flushed = file.Position;
                WriteFrom(line.Validators, flushed);
            }, stop).ConfigureAwait(false);
        }
        catch (LacquerException e)
        {
            throw Discard(e);
        }
        finally
        {
            line.Bytes = file.Position;
            file.Flush(flushToDisk: true);
            if (File.Exists(_fromPath))
                WriteFrom(line.Validators, file.Position);
        }

        if (total is { } all && file.Position != all)
            throw new BrokenAnswerException($"it ended after {file.Position} of {all} bytes");
    }

    private BrokenAnswerException StartAgain(string why)
    {
        File.Delete(_fromPath);
        _offset = 0;
        return new BrokenAnswerException(why);
    }

    private LacquerException Discard(LacquerException why)
    {
        File.Delete(_fromPath);
        File.Delete(_partial);
        return why;
    }

    private PartialSource? ReadFrom()
    {
        try
        {
            return File.Exists(_fromPath) && JsonSerializer.Deserialize<PartialSource>(File.ReadAllBytes(_fromPath)) is { } from && from.Address == request.ToString() ? from : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void WriteFrom(Validators validators, long flushed) =>
        Durable.WriteFile(_fromPath, stream => JsonSerializer.Serialize(stream, new PartialSource(request.ToString(), validators.ETag, validators.LastModified, flushed)));

    private sealed record PartialSource(string Address, string? ETag, string? LastModified, long Flushed);
}
