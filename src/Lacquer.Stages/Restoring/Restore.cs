using System.Security.Cryptography;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Stages.Workbench;
using Lacquer.Stages.Workbench.Stores;

namespace Lacquer.Stages.Restoring;

/// <summary>What to restore.</summary>
/// <param name="Archive">The archive's folder.</param>
/// <param name="Recording">Whose original.</param>
/// <param name="Output">Where to write it; not replaced.</param>
/// <param name="Variable">Looks up an environment variable: credentials of an object store may stand there.</param>
public sealed record RestoreRequest(string Archive, EntityId Recording, string Output, Func<string, string?>? Variable = null);

/// <summary>What was restored.</summary>
/// <param name="Output">The file.</param>
/// <param name="LengthBytes">Its length.</param>
/// <param name="Sha256">Its SHA-256, which is the original's.</param>
public sealed record RestoreReport(string Output, long LengthBytes, Sha256Digest Sha256);

/// <summary>Gives back the original of a file that was kept as it is, bit for bit.</summary>
public static class Restore
{
    /// <summary>Restores.</summary>
    /// <exception cref="LacquerException">Nothing is held, the file was transcoded, or what comes out is not the original; then nothing is written.</exception>
    public static async Task<RestoreReport> RunAsync(RestoreRequest request, TimeProvider clock, CancellationToken stop)
    {
        using var archive = OpenArchive.ToRead(request.Archive, clock);
        var obj = archive.Ledger.Holding(request.Recording)?.Object
            ?? throw new LacquerException(Failure.Missing, $"{archive.Layout.Root} holds no audio of {request.Recording}", $"lacquer show {request.Recording} says why");
        if (obj.Original is not { } original || obj.IsTranscoded)
            throw new LacquerException(Failure.Refused, obj.Original is { } sha
                ? $"{request.Recording} was encoded to {obj.Tier}: its original (SHA-256 {sha}) is not in the archive"
                : $"{request.Recording} came from another archive, and what its original was is known only there", "only files that were kept as they are can be restored");
        if (archive.Ledger.SameAudio(request.Recording) is { Original: { } own } same)
            throw new LacquerException(Failure.Refused, $"{request.Recording} is held as {same.Other}, whose audio is the same: its own original (SHA-256 {own}) is not in the archive", $"lacquer restore {same.Other} gives back the file that is");
        var output = Path.GetFullPath(request.Output);
        if (File.Exists(output) || Directory.Exists(output))
            throw new LacquerException(Failure.Usage, $"{output} is there already", "name a new file: --output FILE");
        using var objects = await ObjectStores.OpenAsync(archive.Layout, archive.Configuration.Objects, request.Variable, stop).ConfigureAwait(false);
        var partial = output + Durable.Partial;
        try
        {
            await using (var stored = await objects.OpenAsync(ObjectName.Of(obj), stop).ConfigureAwait(false)
                ?? throw new LacquerException(Failure.Missing, $"{archive.Configuration.Objects.PlaceOf(ObjectName.Of(obj))} is missing", $"lacquer verify --archive {archive.Layout.Root}"))
            await using (var source = new VerifiedStream(stored, obj, archive.Configuration.PieceLengthBytes))
            await using (var file = new FileStream(partial, FileMode.Create, FileAccess.ReadWrite, FileShare.None))
            {
                if (obj.Undo is { } undo) OggFile.Restore(source, undo, file);
                else await source.CopyToAsync(file, stop).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
                file.Position = 0;
                if (new Sha256Digest(await SHA256.HashDataAsync(file, stop).ConfigureAwait(false)) != original)
                    throw new LacquerException(Failure.Damaged, $"what comes out of object {obj.Root} is not the original", $"lacquer verify --archive {archive.Layout.Root}");
            }

            Durable.Rename(partial, output);
        }
        catch (Exception e) when (Durable.IsDiskFull(e))
        {
            throw Durable.DiskFull(output, e);
        }
        finally
        {
            File.Delete(partial);
        }

        return new RestoreReport(output, obj.OriginalLengthBytes ?? 0, original);
    }
}
