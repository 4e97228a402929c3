using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Findings;

namespace Lacquer.Stages.Workbench.Stores;

/// <summary>
/// The keys to a bucket: from the environment, or from the file of profiles that it names. They are looked for nowhere else: not in the configuration, not among options, where the list of processes
/// would show them, and not on the network.
/// </summary>
internal static class S3Keys
{
    private const string Id = "AWS_ACCESS_KEY_ID";
    private const string Secret = "AWS_SECRET_ACCESS_KEY";
    private const string File = "AWS_SHARED_CREDENTIALS_FILE";

    /// <summary>Finds them.</summary>
    /// <exception cref="LacquerException">There are none, or half of them.</exception>
    public static AWSCredentials Find(ObjectSettings settings, Func<string, string?> variable)
    {
        var (id, secret) = (variable(Id), variable(Secret));
        if (!string.IsNullOrEmpty(id) && !string.IsNullOrEmpty(secret))
            return variable("AWS_SESSION_TOKEN") is { Length: > 0 } token ? new SessionAWSCredentials(id, secret, token) : new BasicAWSCredentials(id, secret);
        if (!string.IsNullOrEmpty(id) || !string.IsNullOrEmpty(secret))
            throw new LacquerException(Failure.Usage, $"of the keys to {settings.Location} only one half is set", $"set both {Id} and {Secret}");
        if (variable(File) is not { Length: > 0 } path)
            throw new LacquerException(Failure.Usage, $"no keys to {settings.Location} are known", $"set {Id} and {Secret}, or {File} to a file of profiles");
        var profile = variable("AWS_PROFILE") is { Length: > 0 } name ? name : "default";
        if (!System.IO.File.Exists(path))
            throw new LacquerException(Failure.Missing, $"{path}, which {File} names, is not there", $"put the profile [{profile}] into it (chmod 600)");
        try
        {
            if (new SharedCredentialsFile(path).TryGetProfile(profile, out var found) && found.Options is { AccessKey.Length: > 0, SecretKey.Length: > 0 } options)
                return string.IsNullOrEmpty(options.Token) ? new BasicAWSCredentials(options.AccessKey, options.SecretKey) : new SessionAWSCredentials(options.AccessKey, options.SecretKey, options.Token);
        }
        catch (Exception e) when (e is AmazonClientException or IOException or UnauthorizedAccessException or ArgumentException or InvalidDataException)
        {
            // What stands in the file is not for a message, and the exception may quote it.
        }

        throw new LacquerException(Failure.Usage, $"{path} has no profile [{profile}] with a key and a secret", "aws_access_key_id = … and aws_secret_access_key = …, below its name in brackets; AWS_PROFILE names another");
    }
}
