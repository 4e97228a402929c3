using System.Security.Cryptography;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Restoring;

/// <summary>What to restore.</summary>
/// <param name="Archive">The archive's folder.</param>
/// <param name="Recording">Whose original.</param>
/// <param name="Output">Where to write it; not replaced.</param>
public sealed record RestoreRequest(string Archive, EntityId Recording, string Output);

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
    public static RestoreReport Run(RestoreRequest request, TimeProvider clock)
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
        var partial = output + Durable.Partial;
        try
        {
            using (var source = File.OpenRead(archive.Layout.Object(obj.Root, obj.Extension)))
            using (var file = new FileStream(partial, FileMode.Create, FileAccess.ReadWrite, FileShare.None))
            {
                if (obj.Undo is { } undo) OggFile.Restore(source, undo, file);
                else source.CopyTo(file);
                file.Flush(flushToDisk: true);
                file.Position = 0;
                if (new Sha256Digest(SHA256.HashData(file)) != original)
                    throw new LacquerException(Failure.Damaged, $"what comes out of object {obj.Root} is not the original", $"lacquer verify --archive {archive.Layout.Root}");
            }

            Durable.Rename(partial, output);
        }
        catch (Exception e) when (Durable.IsDiskFull(e))
        {
            throw Durable.DiskFull(output, e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new LacquerException(Failure.Missing, e.Message, $"lacquer verify --archive {archive.Layout.Root}", e);
        }
        finally
        {
            File.Delete(partial);
        }

        return new RestoreReport(output, obj.OriginalLengthBytes ?? 0, original);
    }
}
